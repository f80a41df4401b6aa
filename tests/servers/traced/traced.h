/* Programs that are traced: what their files share. */
#ifndef TESTS_TRACED_H
#define TESTS_TRACED_H

#include "kernel.skald.h"
#include "ostrace.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"
#include "test.skald.h"

/* By the first argument. */
int run_cases(struct sk_os *os);
int run_relay(struct sk_os *os);
int run_liar(struct sk_os *os);

#endif
