/*
 * X(name, "arguments") of system calls, as they are shown (trace.c); of what is not here, or
 * has no function, three are shown as they are. Each argument is a letter:
 *
 *	d	a number		l	one of 64 bits
 *	x	bits, in hexadecimal	o	a mode, in octal
 *	p	an address		s	a string
 *	f	a directory's descriptor
 *	b	bytes that are read from the program; how many stands behind
 *	B	bytes that it gets; how many is the result
 *
 * A `p` at the end, behind a `=`: the result is an address.
 */
#define SHIM_SIGNATURES(X) \
	X(read, "dBl") X(write, "dbl") X(open, "sxo") X(close, "d") X(stat, "sp") \
	X(fstat, "dp") X(lstat, "sp") X(poll, "pld") X(lseek, "dld") \
	X(mmap, "plxxdx=p") X(mprotect, "plx") X(munmap, "pl") X(brk, "p=p") \
	X(rt_sigaction, "dppl") X(rt_sigprocmask, "dppl") X(rt_sigreturn, "") \
	X(ioctl, "dxp") X(pread64, "dBll") X(pwrite64, "dbll") X(readv, "dpl") \
	X(writev, "dpl") X(access, "so") X(pipe, "p") X(select, "dpppp") \
	X(sched_yield, "") X(mremap, "pllxp=p") X(msync, "plx") X(mincore, "plp") \
	X(madvise, "pld") X(dup, "d") X(dup2, "dd") X(pause, "") X(nanosleep, "pp") \
	X(getitimer, "dp") X(alarm, "d") X(setitimer, "dpp") X(getpid, "") \
	X(sendfile, "ddpl") X(socket, "ddd") X(socketpair, "dddp") X(clone, "xpppp") \
	X(fork, "") X(vfork, "") X(execve, "spp") X(exit, "d") X(wait4, "dpxp") \
	X(kill, "dd") X(uname, "p") X(fcntl, "ddx") X(flock, "dx") X(fsync, "d") \
	X(fdatasync, "d") X(truncate, "sl") X(ftruncate, "dl") X(getdents, "dpl") \
	X(getcwd, "Bl") X(chdir, "s") X(fchdir, "d") X(rename, "ss") X(mkdir, "so") \
	X(rmdir, "s") X(creat, "so") X(link, "ss") X(unlink, "s") X(symlink, "ss") \
	X(readlink, "sBl") X(chmod, "so") X(fchmod, "do") X(chown, "sdd") \
	X(fchown, "ddd") X(lchown, "sdd") X(umask, "o") X(gettimeofday, "pp") \
	X(getrlimit, "dp") X(getrusage, "dp") X(sysinfo, "p") X(times, "p") \
	X(getuid, "") X(getgid, "") X(syslog, "dpd") X(setuid, "d") X(setgid, "d") X(geteuid, "") \
	X(getegid, "") X(setpgid, "dd") X(getppid, "") X(getpgrp, "") X(setsid, "") \
	X(setreuid, "dd") X(setregid, "dd") X(getgroups, "dp") X(setgroups, "lp") \
	X(setresuid, "ddd") X(getresuid, "ppp") X(setresgid, "ddd") \
	X(getresgid, "ppp") X(getpgid, "d") X(setfsuid, "d") X(setfsgid, "d") \
	X(getsid, "d") X(capget, "pp") X(capset, "pp") X(rt_sigpending, "pl") \
	X(rt_sigtimedwait, "pppl") X(rt_sigqueueinfo, "ddp") X(rt_sigsuspend, "pl") \
	X(sigaltstack, "pp") X(utime, "sp") X(mknod, "sox") X(personality, "x") \
	X(statfs, "sp") X(fstatfs, "dp") X(getpriority, "dd") X(setpriority, "ddd") \
	X(mlock, "pl") X(munlock, "pl") X(mlockall, "x") X(munlockall, "") \
	X(vhangup, "") X(prctl, "dxxxx") X(arch_prctl, "xp") X(setrlimit, "dp") \
	X(chroot, "s") X(sync, "") X(settimeofday, "pp") X(reboot, "xxxp") \
	X(sethostname, "bl") X(setdomainname, "bl") X(gettid, "") \
	X(setxattr, "sspl") X(getxattr, "sspl") X(listxattr, "spl") \
	X(removexattr, "ss") X(tkill, "dd") X(time, "p") X(futex, "pxxppx") \
	X(getdents64, "dpl") X(set_tid_address, "p") X(fadvise64, "dlld") \
	X(clock_settime, "dp") X(clock_gettime, "dp") X(clock_getres, "dp") \
	X(clock_nanosleep, "dxpp") X(exit_group, "d") X(tgkill, "ddd") \
	X(utimes, "sp") X(waitid, "ddpxp") X(openat, "fsxo") X(mkdirat, "fso") \
	X(mknodat, "fsox") X(fchownat, "fsddx") X(futimesat, "fsp") \
	X(newfstatat, "fspx") X(unlinkat, "fsx") X(renameat, "fsfs") \
	X(linkat, "fsfsx") X(symlinkat, "sfs") X(readlinkat, "fsBl") \
	X(fchmodat, "fso") X(faccessat, "fso") X(pselect6, "dppppp") \
	X(ppoll, "plppl") X(unshare, "x") X(set_robust_list, "pl") \
	X(splice, "dpdplx") X(tee, "ddlx") X(utimensat, "fspx") \
	X(fallocate, "dxll") X(dup3, "ddx") X(pipe2, "px") X(prlimit64, "ddpp") \
	X(syncfs, "d") X(renameat2, "fsfsx") X(getrandom, "plx") \
	X(memfd_create, "sx") X(execveat, "fsppx") X(copy_file_range, "dpdplx") \
	X(statx, "fsxxp") X(rseq, "plxx") X(clone3, "pl") X(close_range, "ddx") \
	X(openat2, "fspl") X(faccessat2, "fsox") X(fchmodat2, "fsox") \
	X(epoll_create, "d") X(epoll_create1, "x") X(epoll_ctl, "dddp") \
	X(epoll_wait, "dpdd") X(epoll_pwait, "dpddpl") X(epoll_pwait2, "dpdppl") \
	X(eventfd, "d") X(eventfd2, "dx") X(signalfd, "dpl") X(signalfd4, "dplx") \
	X(timerfd_create, "dx") X(timerfd_settime, "dxpp") X(timerfd_gettime, "dp") \
	X(pidfd_open, "dx") X(pidfd_send_signal, "ddpx") X(pidfd_getfd, "ddx") \
	X(setns, "dx") X(adjtimex, "p") X(clock_adjtime, "dp") X(membarrier, "dxd") \
	X(sched_setattr, "dpx") X(sched_getattr, "dpxx")
