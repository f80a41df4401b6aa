/*
 * What generated headers include: the codec, channels, rings, events, and
 * statuses.
 */
#ifndef RUNTIME_SKALD_H
#define RUNTIME_SKALD_H

#include "runtime/channel.h"
#include "runtime/codec.h"
#include "runtime/env.h"
#include "runtime/events.h"
#include "runtime/ring.h"
#include "runtime/status.h"

#endif
