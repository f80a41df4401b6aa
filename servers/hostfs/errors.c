/* What the host's errors are called in the protocol. */
#include "servers/hostfs/hostfs.h"

#include <errno.h>

fs_Error errors_from_errno(int error)
{
	switch (error) {
	case 0:
		return SK_OK;
	case ENOENT:
		return fs_Error_NOT_FOUND;
	case EEXIST:
		return fs_Error_EXISTS;
	case ENOTDIR:
		return fs_Error_NOT_DIRECTORY;
	case EISDIR:
		return fs_Error_IS_DIRECTORY;
	case ENOTEMPTY:
		return fs_Error_NOT_EMPTY;
	case EPERM:
		return fs_Error_NOT_PERMITTED;
	case EACCES:
		return fs_Error_NO_ACCESS;
	case EROFS:
		return fs_Error_READ_ONLY;
	case ENOSPC:
	case EDQUOT:
		return fs_Error_NO_SPACE;
	case ENAMETOOLONG:
		return fs_Error_TOO_LONG;
	case ELOOP:
		return fs_Error_LINK_LOOP;
	case EMLINK:
		return fs_Error_LINK_LIMIT;
	case EINVAL:
		return fs_Error_INVALID;
	case EBADF:
		return fs_Error_BAD_MODE;
	case EMFILE:
	case ENFILE:
		return fs_Error_TOO_MANY_FILES;
	case EFBIG:
	case EOVERFLOW:
		return fs_Error_TOO_LARGE;
	case EBUSY:
	case ETXTBSY:
	case EAGAIN:
		return fs_Error_BUSY;
	case EXDEV:
		return fs_Error_CROSS_DEVICE;
	case EOPNOTSUPP:
	case ENOSYS:
	case ENXIO:
	case ENODEV:
		return fs_Error_NOT_SUPPORTED;
	default:
		return fs_Error_IO;
	}
}
