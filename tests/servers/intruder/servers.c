/* The supervisor, and others: names, grants, and messages that are none. */
#include "tests/servers/intruder/intruder.h"

#define S0(method, ...) \
	CALL0(svrctl_Supervisor, method, &intruder.control.kernel.channel, __VA_ARGS__)
#define OWN(method, reply, ...) \
	CALL(svrctl_Server, method, &tap.os->supervisor.channel, reply, __VA_ARGS__)
#define NAME(text) ((svrctl_Name){text, sizeof(text) - 1})

static void not_granted(void)
{
	struct svrctl_Server_startup_reply startup;
	struct svrctl_Server_endpoint_reply endpoint;
	struct svrctl_Server_system_reply system;
	struct svrctl_Server_trace_reply trace;
	struct svrctl_Server_clock_reply clock;
	struct svrctl_Server_initrd_reply initrd;
	struct svrctl_Server_ports_reply ports;
	struct svrctl_Server_memory_reply memory;
	struct svrctl_Server_interrupt_reply interrupt;
	struct svrctl_Server_device_reply device;

	EXPECT(OWN(startup, &startup, .empty = 0), SK_WRONG_STATE);
	EXPECT(OWN(endpoint, &endpoint, .empty = 0), svrctl_Error_BAD_STATE);
	EXPECT(OWN(system, &system, .empty = 0), svrctl_Error_NOT_PERMITTED);
	EXPECT(OWN(trace, &trace, .empty = 0), svrctl_Error_NOT_PERMITTED);
	EXPECT(OWN(clock, &clock, .empty = 0), svrctl_Error_NOT_PERMITTED);
	EXPECT(OWN(initrd, &initrd, .empty = 0), svrctl_Error_NOT_PERMITTED);
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t number = i < 36 ? i : UINT32_MAX << (i - 36);

		if (number != 0)
			EXPECT(OWN(ports, &ports, .number = number), svrctl_Error_NOT_FOUND);
		if (number != 1)
			EXPECT(OWN(memory, &memory, .number = number),
				svrctl_Error_NOT_FOUND);
		if (number != 2)
			EXPECT(OWN(interrupt, &interrupt, .number = number),
				svrctl_Error_NOT_FOUND);
		EXPECT(OWN(device, &device, .number = number), svrctl_Error_NOT_FOUND);
	}
	/* Its own, which it has already. */
	EXPECT(OWN(ports, &ports, .number = 0), svrctl_Error_TAKEN);
	EXPECT(OWN(memory, &memory, .number = 1), svrctl_Error_TAKEN);
	EXPECT(OWN(interrupt, &interrupt, .number = 2), svrctl_Error_TAKEN);
}

static int try_connect(svrctl_Name service, svrctl_Name interface, uint16_t rights,
	uint16_t *got)
{
	struct svrctl_Names_connect_reply reply = {.rights = 0};
	int status = CALL(svrctl_Names, connect, &tap.os->names.channel, &reply,
		.service = service, .interface_name = interface, .rights = rights);

	*got = reply.rights;
	if (status == SK_OK)
		sk_sys_close(sk_kernel_number(reply.session.raw));
	return status;
}

static void names(void)
{
	uint16_t got;

	EXPECT(try_connect(NAME("secret"), NAME("test.Target"), UINT16_MAX, &got),
		svrctl_Error_NOT_PERMITTED);
	EXPECT(try_connect(NAME("bystander"), NAME("test.Other"), UINT16_MAX, &got),
		svrctl_Error_NOT_PERMITTED);
	EXPECT(try_connect(NAME("bystande"), NAME("test.Target"), UINT16_MAX, &got),
		svrctl_Error_NOT_PERMITTED);
	EXPECT(try_connect(NAME(""), NAME(""), UINT16_MAX, &got), svrctl_Error_NOT_PERMITTED);
	EXPECT(try_connect(NAME("bystander"), NAME("test.Target"), UINT16_MAX, &got), 0);
	EXPECT(got, test_Rights_READ);
	EXPECT(try_connect(NAME("supervisor"), NAME("svrctl.Supervisor"), UINT16_MAX, &got),
		0);
	EXPECT(got, svrctl_Rights_INSPECT);
}

static void control(void)
{
	const svrctl_Name other = NAME("bystander");

	EXPECT(S0(start, .name = other), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(stop, .name = other), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(restart, .name = other), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(remove, .name = other), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(stop, .name = NAME("intruder")), svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(add, .manifest = sk_lend("", 1), .program = sk_lend("", 0)),
		svrctl_Error_NOT_PERMITTED);
	EXPECT(S0(shut_down, .action = kernel_PowerAction_OFF), svrctl_Error_NOT_PERMITTED);
}

/* Sessions are its server's to change, not its clients'; and what it mints leads to itself. */
static void minting(void)
{
	struct sk_handle session = sk_kernel_channel_handle(&intruder.bystander.kernel);
	struct kernel_Endpoint_identify_reply identified;
	struct kernel_Endpoint_mint_reply minted;
	struct kernel_Session_open_reply opened;

	EXPECT(K(intruder.endpoint, Endpoint, identify, &identified, .session = {session}),
		kernel_Error_NOT_FOUND);
	EXPECT(K0(session, Session, revoke, .empty = 0), SK_UNKNOWN_METHOD);
	EXPECT(K0(session, Session, set_credit, .credit = 1000), SK_UNKNOWN_METHOD);
	EXPECT(K(session, Session, open, &opened, .protocol_rights = UINT16_MAX),
		SK_UNKNOWN_METHOD);
	EXPECT(K(session, Endpoint, mint, &minted, .badge = 1), SK_UNKNOWN_METHOD);
	EXPECT(K(intruder.endpoint, Endpoint, mint, &minted,
		.badge = (uint64_t)svrctl_HEALTH_SERVICE << 48, .credit = 1), 0);
	EXPECT(K(intruder.endpoint, Endpoint, identify, &identified,
		.session = {minted.client.raw}), 0);
	sk_sys_close(sk_kernel_number(minted.client.raw));
}

/* ---- bytes ---- */

static uint64_t seed = 20261122;

static uint64_t random_word(void)
{
	uint64_t x = seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 31;
}

static bool is_for_itself(uint32_t id)
{
	return id == svrctl_Server_give_up_request_ID || id == svrctl_Server_log_request_ID;
}

/* Random words, sizes, handles and leases, to a session; half with a method's number. */
static void send_to(struct sk_handle session, const uint32_t *ids, uint32_t count)
{
	const struct sk_kernel_slots *slots = &tap.os->thread->slots;
	const uint32_t slot = intruder.control.kernel.send_slot;
	uint64_t *page = (uint64_t *)(void *)(slots->base + (size_t)slot * ABI_SLOT_PAGE);
	struct abi_descriptors *beside = (struct abi_descriptors *)(void *)(slots->base +
		(size_t)slots->count * ABI_SLOT_PAGE + slot * ABI_DESCRIPTORS_SIZE);

	for (uint32_t round = 0; round < 400; round++) {
		uint64_t words[ABI_WORDS], head;

		for (uint32_t i = 0; i < 512; i++)
			page[i] = random_word() >> (random_word() & 63);
		memcpy(page, round & 1 ? &ids[round / 2 % count] : (uint32_t *)page, 4);
		if (is_for_itself((uint32_t)page[0]))
			continue;
		for (uint32_t i = 0; i < sizeof(*beside) / 8; i++)
			((uint64_t *)(void *)beside)[i] = random_word() >>
				(random_word() & 63);
		for (uint32_t i = 0; i < ABI_HANDLES_MAX; i++)
			beside->handles[i].copies = 1;
		memcpy(words, page, sizeof(words));
		head = sk_sys_call(sk_counts((uint32_t)(random_word() % 4097),
			round % 3 ? 0 : (uint32_t)(random_word() % 9),
			round % 5 ? 0 : (uint32_t)(random_word() % 5), 8,
			slot), sk_target(sk_kernel_number(session),
			ABI_RECEIVE_SLOT(intruder.control.kernel.target)), words,
			sk_os_after(tap.os, 3));
		EXPECT_TRUE(ABI_STATUS(head) <= 0);
	}
}

static void garbage(void)
{
	static const uint32_t of_server[] = {
		svrctl_Server_startup_request_ID, svrctl_Server_arguments_request_ID,
		svrctl_Server_client_request_ID, svrctl_Server_ports_request_ID,
		svrctl_Server_device_request_ID, svrctl_Server_ready_request_ID,
	};
	static const uint32_t of_names[] = {
		svrctl_Names_connect_request_ID, svrctl_Names_services_request_ID,
	};
	static const uint32_t of_supervisor[] = {
		svrctl_Supervisor_list_request_ID, svrctl_Supervisor_status_request_ID,
		svrctl_Supervisor_grants_request_ID, svrctl_Supervisor_manifest_request_ID,
		svrctl_Supervisor_add_request_ID, svrctl_Supervisor_stop_request_ID,
	};
	static const uint32_t of_target[] = {
		test_Target_echo_request_ID, test_Target_state_request_ID,
		test_Target_crash_request_ID, svrctl_Health_check_request_ID,
	};
	struct sk_os *os = tap.os;

	send_to(sk_kernel_channel_handle(&os->supervisor), of_server, 6);
	send_to(sk_kernel_channel_handle(&os->names), of_names, 2);
	send_to(sk_kernel_channel_handle(&intruder.control.kernel), of_supervisor, 6);
	send_to(sk_kernel_channel_handle(&intruder.bystander.kernel), of_target, 4);
}

void server_cases(void)
{
	tap_run("what its manifest does not grant is refused by the supervisor", not_granted);
	tap_run("names that its manifest does not have lead nowhere", names);
	tap_run("to look at servers is not to control them", control);
	tap_run("it cannot change or make sessions of others", minting);
	tap_run("random bytes to each of its sessions do nothing", garbage);
}
