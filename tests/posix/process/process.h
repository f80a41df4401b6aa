/* What the cases about processes have in common; one file for each topic. */
#ifndef TESTS_POSIX_PROCESS_H
#define TESTS_POSIX_PROCESS_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#endif

/* As it was started. */
extern const char *self;

/* A line: what was done and what came of it, with errno if that is below 0. */
void said(const char *what, long result);
/* Runs it in a child, which may do anything to itself. */
void apart(void (*function)(void));

void timers(void);
void signals_of_own(void);
/* Of this program, when its timers' case has called exec. */
void timers_executed(void);

#endif
