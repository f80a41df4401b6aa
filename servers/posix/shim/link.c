/* ioctl of sockets about links: there is one, the loopback, and nothing of it can be changed,
 * so no server is asked. */
#include "servers/posix/shim/inet.h"

#include "servers/posix/shim/copy.h"

#define NAME "lo"
#define INDEX 1
#define MTU 65536
#define HARDWARE 772			/* ARPHRD_LOOPBACK */
#define UP_AND_RUNNING 0x49		/* with IFF_LOOPBACK */
#define FAMILY 2			/* AF_INET */

enum {
	SIOCGIFNAME = 0x8910, SIOCGIFCONF = 0x8912, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFADDR,
	SIOCSIFADDR, SIOCGIFDSTADDR, SIOCSIFDSTADDR, SIOCGIFBRDADDR, SIOCSIFBRDADDR,
	SIOCGIFNETMASK, SIOCSIFNETMASK, SIOCGIFMETRIC, SIOCSIFMETRIC, SIOCGIFMTU = 0x8921,
	SIOCSIFMTU, SIOCSIFHWADDR = 0x8924, SIOCGIFHWADDR = 0x8927, SIOCGIFINDEX = 0x8933,
	SIOCGIFTXQLEN = 0x8942
};

struct linux_ifreq {
	char name[16];
	union {
		int32_t number;
		int16_t flags;
		struct { uint16_t family, port; uint8_t bytes[4]; } address;
		uint8_t room[24];
	};
};
_Static_assert(sizeof(struct linux_ifreq) == 40, "as programs have it");

struct linux_ifconf { int32_t size, pad; uint64_t at; };

static void put_address(struct linux_ifreq *one, uint8_t first, uint8_t last)
{
	memset(one->room, 0, sizeof one->room);
	one->address.family = FAMILY;
	one->address.bytes[0] = first;
	one->address.bytes[3] = last;
}

/* All addresses of all links: one. Without a place for them, how much they would take. */
static int64_t list(uint64_t at)
{
	struct linux_ifreq one = { .name = NAME };
	struct linux_ifconf all;

	if (!copy_from(&all, at, sizeof all))
		return -LINUX_EFAULT;
	put_address(&one, 127, 1);
	if (all.at && all.size < (int32_t)sizeof one)
		all.size = 0;
	else if (all.at && !copy_to(all.at, &one, sizeof one))
		return -LINUX_EFAULT;
	else
		all.size = sizeof one;
	return copy_to(at, &all, sizeof all) ? 0 : -LINUX_EFAULT;
}

static int64_t answer(struct linux_ifreq *one, uint32_t request)
{
	memset(one->room, 0, sizeof one->room);
	switch (request) {
	case SIOCGIFFLAGS: one->flags = UP_AND_RUNNING; break;
	case SIOCGIFADDR: case SIOCGIFDSTADDR: put_address(one, 127, 1); break;
	case SIOCGIFBRDADDR: put_address(one, 0, 0); break;
	case SIOCGIFNETMASK: put_address(one, 255, 0); break;
	case SIOCGIFMETRIC: break;
	case SIOCGIFMTU: one->number = MTU; break;
	case SIOCGIFHWADDR: one->address.family = HARDWARE; break;
	case SIOCGIFINDEX: one->number = INDEX; break;
	default: one->number = 1000;	/* SIOCGIFTXQLEN */
	}
	return 0;
}

/* By its number. */
static int64_t name_of(uint64_t at)
{
	struct linux_ifreq one;

	if (!copy_from(&one, at, sizeof one))
		return -LINUX_EFAULT;
	if (one.number != INDEX)
		return -LINUX_ENODEV;
	memset(one.name, 0, sizeof one.name);
	memcpy(one.name, NAME, sizeof NAME);
	return copy_to(at, &one, sizeof one) ? 0 : -LINUX_EFAULT;
}

static int64_t by_name(uint32_t request, uint64_t at)
{
	struct linux_ifreq one;

	if (!copy_from(&one, at, sizeof one))
		return -LINUX_EFAULT;
	if (one.name[0] != NAME[0] || one.name[1] != NAME[1] || one.name[2])
		return -LINUX_ENODEV;
	answer(&one, request);
	return copy_to(at, &one, sizeof one) ? 0 : -LINUX_EFAULT;
}

int64_t link_ioctl(struct shim *shim, uint32_t request, uint64_t at)
{
	(void)shim;
	switch (request) {
	case SIOCGIFCONF: return list(at);
	case SIOCGIFNAME: return name_of(at);
	case SIOCGIFFLAGS: case SIOCGIFADDR: case SIOCGIFDSTADDR: case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK: case SIOCGIFMETRIC: case SIOCGIFMTU: case SIOCGIFHWADDR:
	case SIOCGIFINDEX: case SIOCGIFTXQLEN:
		return by_name(request, at);
	case SIOCSIFFLAGS: case SIOCSIFADDR: case SIOCSIFDSTADDR: case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK: case SIOCSIFMETRIC: case SIOCSIFMTU: case SIOCSIFHWADDR:
		return -LINUX_EPERM;
	default:
		return -LINUX_ENOTTY;
	}
}
