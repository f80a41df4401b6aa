/*
 * Status codes: what every call of generated code and of the runtime returns.
 * 0 is good, negative one of these, positive the protocol's own error enum.
 * They travel (docs/runtime.md), so a number is for ever.
 */
#ifndef RUNTIME_STATUS_H
#define RUNTIME_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* name, number, text */
#define SK_STATUS_LIST(X) \
	X(MALFORMED, -1, "the message does not decode") \
	X(TOO_BIG, -2, "the value exceeds a bound, its head or the buffer") \
	X(INVALID, -3, "the value or the argument is not allowed") \
	X(TOO_DEEP, -4, "structs within structs beyond the limit") \
	X(PEER_CLOSED, -5, "the other side is gone") \
	X(PEER_DROPPED, -6, "the server dropped the request") \
	X(TIMED_OUT, -7, "the deadline has passed") \
	X(CANCELED, -8, "the call was canceled") \
	X(WOULD_BLOCK, -9, "it cannot be done without waiting") \
	X(UNKNOWN_METHOD, -10, "the server has no such method") \
	X(WRONG_STATE, -11, "the method is not allowed in this state") \
	X(BAD_TOKEN, -12, "the request was answered already") \
	X(EXHAUSTED, -13, "a table or a quota is full") \
	X(BAD_HANDLE, -14, "a handle is missing, surplus or of the wrong kind") \
	X(TRANSPORT, -15, "the transport failed") \
	X(BAD_LEASE, -16, "a lease is missing, surplus, too long or of the wrong direction") \
	X(LEASE_FAULT, -17, "the lent memory is not there, or no more") \
	X(MISMATCH, -18, "the other side has another version of the protocol")

enum sk_status {
	SK_OK = 0,
#define X(name, number, text) SK_##name = number,
	SK_STATUS_LIST(X)
#undef X
};

/* "MALFORMED", "OK", or "status?" for a number that is none. */
const char *sk_status_name(int status);
/* The text beside it in the list. */
const char *sk_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
