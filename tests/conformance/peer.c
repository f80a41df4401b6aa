/*
 * A conformance program at the end of two pipes. See peer.h.
 */
#define _GNU_SOURCE

#include "tests/conformance/peer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void become(char *const *command, const int *in, const int *out)
{
	signal(SIGPIPE, SIG_DFL);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	execvp(command[0], command);
	die(command[0]);
}

void peer_start(struct peer *peer, char *const *command)
{
	unsigned starts = peer->starts + 1;
	int in[2];
	int out[2];

	signal(SIGPIPE, SIG_IGN);
	*peer = (struct peer){.command = command, .starts = starts};
	/* Closed on exec, so that a second peer does not hold the first's. */
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		die("pipe");
	fflush(stdout);
	peer->pid = fork();
	if (peer->pid < 0)
		die("fork");
	if (peer->pid == 0)
		become(command, in, out);
	close(in[0]);
	close(out[1]);
	peer->to = fdopen(in[1], "w");
	peer->from = fdopen(out[0], "r");
	if (peer->to == NULL || peer->from == NULL)
		die("fdopen");
}

bool peer_stop(struct peer *peer)
{
	int status = -1;

	fclose(peer->to);
	fclose(peer->from);
	free(peer->answer);
	waitpid(peer->pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void restart(struct peer *peer)
{
	if (peer->answers && peer->starts < PEER_STARTS_MAX) {
		peer_stop(peer);
		peer_start(peer, peer->command);
		return;
	}
	printf("not ok - %s", peer->command[0]);
	for (char *const *word = peer->command + 1; *word; word++)
		printf(" %s", *word);
	puts(peer->answers ? " lives" : " starts and answers");
	exit(1);
}

const char *peer_ask(struct peer *peer, const char *line)
{
	ssize_t size = -1;

	/* A program that hangs ends this one by SIGALRM. */
	alarm(PEER_SECONDS);
	fputs(line, peer->to);
	putc('\n', peer->to);
	if (fflush(peer->to) == 0)
		size = getline(&peer->answer, &peer->capacity, peer->from);
	alarm(0);
	if (size <= 0 || peer->answer[size - 1] != '\n') {
		restart(peer);
		return NULL;
	}
	peer->answers++;
	peer->answer[size - 1] = '\0';
	return peer->answer;
}
