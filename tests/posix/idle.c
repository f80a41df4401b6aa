/*
 * Programs that wait, each in its own way, and how long the machine was busy meanwhile
 * (idle.sh counts guest instructions as nanoseconds: it does not depend on this machine).
 *
 *	idle SECONDS	waits so long; the milliseconds that were not idle
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

static void begin(void (*what)(void))
{
	if (fork() == 0) {
		what();
		_exit(1);
	}
}

static void sleeps(void)
{
	sleep(100000);
}

/* Of a file that another server has: nothing will ever be read there. */
static void polls_other(void)
{
	poll(&(struct pollfd){1, POLLIN, 0}, 1, -1);
	dprintf(2, "poll was over\n");
}

static void selects_other(void)
{
	fd_set in;

	FD_ZERO(&in);
	FD_SET(2, &in);
	select(3, &in, NULL, NULL, NULL);
	dprintf(2, "select was over\n");
}

/* What has ended, and is asked about by nobody. */
static void has_epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, 0, &event) != 0)
		dprintf(2, "no epoll\n");
	sleep(100000);
}

static void polls_pipe(void)
{
	int ends[2];

	if (pipe(ends) == 0)
		poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, -1);
}

/* A shell at its prompt, and one who polls its terminal. */
static void has_shell(void)
{
	int master, slave;
	char text[400];

	if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
		return;
	if (fork() == 0) {
		login_tty(slave);
		execl("/bin/bash", "bash", "--norc", "-i", (char *)NULL);
		_exit(127);
	}
	for (;;)
		if (poll(&(struct pollfd){master, POLLIN, 0}, 1, -1) != 1 ||
				read(master, text, sizeof text) <= 0)
			break;
}

static double seconds_idle(double *up)
{
	FILE *file = fopen("/proc/uptime", "r");
	double idle = 0;

	if (!file || fscanf(file, "%lf %lf", up, &idle) != 2)
		exit(2);
	fclose(file);
	return idle;
}

int main(int count, char **arguments)
{
	double up, after, idle;

	begin(sleeps);
	begin(polls_other);
	begin(selects_other);
	begin(has_epoll);
	begin(polls_pipe);
	begin(has_shell);
	sleep(20);
	idle = seconds_idle(&up);
	sleep(count > 1 ? (unsigned)atoi(arguments[1]) : 1);
	idle = seconds_idle(&after) - idle;
	printf("%.0f\n", (after - up - idle) * 1000);
	return 0;
}
