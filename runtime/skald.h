/*
 * What generated headers include: the codec, channels, and statuses.
 */
#ifndef RUNTIME_SKALD_H
#define RUNTIME_SKALD_H

#include "runtime/channel.h"
#include "runtime/codec.h"
#include "runtime/env.h"
#include "runtime/status.h"

#endif
