/* Words of the machine's command line about the terminal, which whoever boots it knows. */
#include "servers/login/login.h"

#define NAME_MAX 32u

/* The value of `name=value` among the words, or, of a name alone, none at `*size` 0; NULL:
 * it is not there. */
static const char *find(struct sk_string line, const char *name, uint32_t *size)
{
	const char *at = line.data, *end = line.data + line.size;
	size_t length = strlen(name);

	while (at < end) {
		const char *word = at;

		while (at < end && *at != ' ')
			at++;
		*size = (uint32_t)(at - word);
		if (*size >= length && memcmp(word, name, length) == 0 &&
				(*size == length || name[length - 1] == '=')) {
			*size -= (uint32_t)length;
			return word + length;
		}
		at++;
	}
	return NULL;
}

/* Up to four digits: what is behind them, or NULL. */
static const char *number(const char *at, const char *end, uint16_t *value)
{
	const char *begin = at;
	uint32_t sum = 0;

	while (at < end && at < begin + 4 && *at >= '0' && *at <= '9')
		sum = 10 * sum + (uint32_t)(*at++ - '0');
	*value = (uint16_t)sum;
	return sum > 0 ? at : NULL;
}

static struct words parse_size(const char *at, uint32_t size)
{
	const char *end = at + size;
	struct words words = {0, 0};

	at = number(at, end, &words.rows);
	if (at && at < end && *at == 'x')
		at = number(at + 1, end, &words.columns);
	else
		at = NULL;
	return at == end ? words : (struct words){0, 0};
}

/* In place of the one that is there. */
static void set_terminal(const char *name, uint32_t size)
{
	char *to = login.environment, *from = to, *end = to + login.environment_size;

	while (from < end) {
		size_t length = strlen(from) + 1;

		if (memcmp(from, "TERM=", 5) != 0) {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (size > NAME_MAX || (size_t)(login.environment + LOGIN_TEXT - to) < 6 + size)
		return;
	memcpy(to, "TERM=", 5);
	memcpy(to + 5, name, size);
	to[5 + size] = 0;
	login.environment_size = (uint32_t)(to - login.environment) + 6 + size;
}

static void take(struct sk_string line, struct words *words)
{
	uint32_t size;
	const char *word = find(line, "size=", &size);

	if (word)
		*words = parse_size(word, size);
	word = find(line, "term=", &size);
	if (word && size > 0 && size <= NAME_MAX)
		set_terminal(word, size);
	else if (find(line, "plain", &size))
		set_terminal("dumb", 4);
}

struct words words_take(void)
{
	struct words words = {0, 0};
	struct svrctl_Server_system_reply reply;
	struct kernel_System_boot_info_reply info;
	struct sk_kernel_channel system;

	if (svrctl_Server_system(&login.os->supervisor.channel,
			&(struct svrctl_Server_system_request){.empty = 0}, &reply, NULL) != SK_OK ||
			sk_os_channel_apart(login.os, &system, reply.system.raw) != SK_OK)
		return words;
	if (kernel_System_boot_info(&system.channel,
			&(struct kernel_System_boot_info_request){.empty = 0}, &info, NULL) == SK_OK)
		take(info.command_line, &words);
	sk_os_channel_close(login.os, &system);
	return words;
}
