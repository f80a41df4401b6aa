/*
 * All system calls: number, name, function (misc_none: known, and answered ENOSYS, which
 * C libraries expect). The table (table.c) is made of it. Numbers are of x86_64.
 */
#define SHIM_CALLS(X) \
	X(0, read, file_read) X(1, write, file_write) X(2, open, path_open) \
	X(3, close, descriptor_close) X(4, stat, path_stat) X(5, fstat, path_fstat) \
	X(6, lstat, path_lstat) X(7, poll, poll_poll) X(8, lseek, file_lseek) \
	X(9, mmap, memory_mmap) X(10, mprotect, memory_mprotect) \
	X(11, munmap, memory_munmap) X(12, brk, memory_brk) \
	X(13, rt_sigaction, signal_action) X(14, rt_sigprocmask, signal_mask) \
	X(16, ioctl, terminal_ioctl) X(17, pread64, file_pread) \
	X(18, pwrite64, file_pwrite) X(19, readv, file_readv) X(20, writev, file_writev) \
	X(21, access, path_access) X(22, pipe, descriptor_pipe) \
	X(23, select, poll_select) X(24, sched_yield, misc_yield) \
	X(25, mremap, memory_mremap) X(26, msync, memory_msync) \
	X(27, mincore, memory_mincore) X(28, madvise, memory_madvise) \
	X(32, dup, descriptor_dup) X(33, dup2, descriptor_dup2) X(34, pause, signal_pause) \
	X(35, nanosleep, time_nanosleep) X(36, getitimer, time_getitimer) \
	X(37, alarm, time_alarm) X(38, setitimer, time_setitimer) \
	X(39, getpid, identity_pid) X(40, sendfile, transfer_sendfile) \
	X(41, socket, socket_socket) X(42, connect, socket_connect) \
	X(43, accept, socket_accept) X(44, sendto, socket_sendto) \
	X(45, recvfrom, socket_recvfrom) X(46, sendmsg, socket_sendmsg) \
	X(47, recvmsg, socket_recvmsg) X(48, shutdown, socket_shutdown) \
	X(49, bind, socket_bind) X(50, listen, socket_listen) \
	X(51, getsockname, socket_getsockname) X(52, getpeername, socket_getpeername) \
	X(53, socketpair, socket_socketpair) X(54, setsockopt, socket_setsockopt) \
	X(55, getsockopt, socket_getsockopt) \
	X(56, clone, process_clone) X(57, fork, process_fork) X(58, vfork, process_vfork) \
	X(59, execve, process_execve) X(60, exit, process_exit_thread) \
	X(61, wait4, process_wait4) X(62, kill, signal_kill) X(63, uname, misc_uname) \
	X(72, fcntl, descriptor_fcntl) X(73, flock, file_flock) X(74, fsync, file_fsync) \
	X(75, fdatasync, file_fdatasync) X(76, truncate, path_truncate) \
	X(77, ftruncate, file_ftruncate) X(78, getdents, directory_getdents) \
	X(79, getcwd, path_getcwd) X(80, chdir, path_chdir) X(81, fchdir, path_fchdir) \
	X(82, rename, path_rename) X(83, mkdir, path_mkdir) X(84, rmdir, path_rmdir) \
	X(85, creat, path_creat) X(86, link, path_link) X(87, unlink, path_unlink) \
	X(88, symlink, path_symlink) X(89, readlink, path_readlink) \
	X(90, chmod, path_chmod) X(91, fchmod, path_fchmod) X(92, chown, path_chown) \
	X(93, fchown, path_fchown) X(94, lchown, path_lchown) X(95, umask, path_umask) \
	X(96, gettimeofday, time_gettimeofday) X(97, getrlimit, misc_getrlimit) \
	X(98, getrusage, misc_getrusage) X(99, sysinfo, misc_sysinfo) \
	X(100, times, time_times) X(102, getuid, identity_uid) X(103, syslog, misc_syslog) \
	X(104, getgid, identity_gid) \
	X(105, setuid, identity_setuid) X(106, setgid, identity_setgid) \
	X(107, geteuid, identity_euid) X(108, getegid, identity_egid) \
	X(109, setpgid, identity_setpgid) X(110, getppid, identity_ppid) \
	X(111, getpgrp, identity_pgrp) X(112, setsid, identity_setsid) \
	X(113, setreuid, identity_setreuid) X(114, setregid, identity_setregid) \
	X(115, getgroups, identity_getgroups) X(116, setgroups, identity_setgroups) \
	X(117, setresuid, identity_setresuid) X(118, getresuid, identity_getresuid) \
	X(119, setresgid, identity_setresgid) X(120, getresgid, identity_getresgid) \
	X(121, getpgid, identity_getpgid) X(122, setfsuid, identity_setfsuid) \
	X(123, setfsgid, identity_setfsgid) X(124, getsid, identity_getsid) \
	X(125, capget, identity_capget) X(126, capset, identity_capset) \
	X(127, rt_sigpending, signal_pending) X(128, rt_sigtimedwait, signal_timedwait) \
	X(129, rt_sigqueueinfo, signal_queueinfo) X(130, rt_sigsuspend, signal_suspend) \
	X(131, sigaltstack, signal_altstack) X(132, utime, path_utime) \
	X(133, mknod, path_mknod) X(135, personality, misc_personality) \
	X(137, statfs, path_statfs) X(138, fstatfs, path_fstatfs) \
	X(140, getpriority, misc_getpriority) X(141, setpriority, misc_setpriority) \
	X(142, sched_setparam, misc_sched_setparam) \
	X(143, sched_getparam, misc_sched_getparam) \
	X(144, sched_setscheduler, misc_sched_setscheduler) \
	X(145, sched_getscheduler, misc_sched_getscheduler) \
	X(146, sched_get_priority_max, misc_sched_priority_max) \
	X(147, sched_get_priority_min, misc_sched_priority_min) \
	X(148, sched_rr_get_interval, misc_sched_interval) \
	X(149, mlock, memory_mlock) X(150, munlock, memory_munlock) \
	X(151, mlockall, memory_mlockall) X(152, munlockall, memory_munlockall) \
	X(153, vhangup, terminal_vhangup) \
	X(157, prctl, misc_prctl) X(158, arch_prctl, misc_arch_prctl) \
	X(159, adjtimex, time_adjtimex) X(160, setrlimit, misc_setrlimit) X(161, chroot, path_chroot) X(162, sync, misc_sync) \
	X(164, settimeofday, time_settimeofday) X(169, reboot, misc_reboot) \
	X(170, sethostname, misc_sethostname) \
	X(171, setdomainname, misc_setdomainname) X(186, gettid, identity_tid) \
	X(187, readahead, file_readahead) X(188, setxattr, attribute_set) \
	X(189, lsetxattr, attribute_lset) X(190, fsetxattr, attribute_fset) \
	X(191, getxattr, attribute_get) X(192, lgetxattr, attribute_lget) \
	X(193, fgetxattr, attribute_fget) X(194, listxattr, attribute_list) \
	X(195, llistxattr, attribute_llist) X(196, flistxattr, attribute_flist) \
	X(197, removexattr, attribute_remove) X(198, lremovexattr, attribute_lremove) \
	X(199, fremovexattr, attribute_fremove) X(200, tkill, signal_tkill) \
	X(201, time, time_time) X(202, futex, futex_futex) \
	X(203, sched_setaffinity, misc_setaffinity) \
	X(204, sched_getaffinity, misc_getaffinity) \
	X(213, epoll_create, event_epoll_create) X(217, getdents64, directory_getdents64) \
	X(218, set_tid_address, process_set_tid_address) \
	X(219, restart_syscall, time_restart) X(221, fadvise64, file_fadvise) \
	X(222, timer_create, time_timer_create) X(223, timer_settime, time_timer_settime) \
	X(224, timer_gettime, time_timer_gettime) \
	X(225, timer_getoverrun, time_timer_getoverrun) \
	X(226, timer_delete, time_timer_delete) X(227, clock_settime, time_clock_settime) \
	X(228, clock_gettime, time_clock_gettime) X(229, clock_getres, time_clock_getres) \
	X(230, clock_nanosleep, time_clock_nanosleep) \
	X(232, epoll_wait, event_epoll_wait) X(233, epoll_ctl, event_epoll_ctl) \
	X(231, exit_group, process_exit) X(234, tgkill, signal_tgkill) \
	X(235, utimes, path_utimes) X(247, waitid, process_waitid) \
	X(257, openat, path_openat) X(258, mkdirat, path_mkdirat) \
	X(259, mknodat, path_mknodat) X(260, fchownat, path_fchownat) \
	X(261, futimesat, path_futimesat) X(262, newfstatat, path_newfstatat) \
	X(263, unlinkat, path_unlinkat) X(264, renameat, path_renameat) \
	X(265, linkat, path_linkat) X(266, symlinkat, path_symlinkat) \
	X(267, readlinkat, path_readlinkat) X(268, fchmodat, path_fchmodat) \
	X(269, faccessat, path_faccessat) X(270, pselect6, poll_pselect) \
	X(271, ppoll, poll_ppoll) X(272, unshare, process_unshare) \
	X(273, set_robust_list, process_set_robust_list) \
	X(274, get_robust_list, process_get_robust_list) X(275, splice, transfer_splice) \
	X(276, tee, transfer_tee) X(277, sync_file_range, file_sync_range) \
	X(278, vmsplice, transfer_vmsplice) X(280, utimensat, path_utimensat) \
	X(281, epoll_pwait, event_epoll_pwait) X(282, signalfd, event_signalfd) \
	X(283, timerfd_create, event_timerfd_create) X(284, eventfd, event_eventfd) \
	X(286, timerfd_settime, event_timerfd_settime) \
	X(287, timerfd_gettime, event_timerfd_gettime) \
	X(288, accept4, socket_accept4) X(289, signalfd4, event_signalfd4) X(290, eventfd2, event_eventfd2) \
	X(291, epoll_create1, event_epoll_create1) \
	X(285, fallocate, file_fallocate) X(292, dup3, descriptor_dup3) \
	X(293, pipe2, descriptor_pipe2) X(295, preadv, file_preadv) \
	X(296, pwritev, file_pwritev) X(297, rt_tgsigqueueinfo, signal_tgqueueinfo) \
	X(299, recvmmsg, socket_recvmmsg) X(302, prlimit64, misc_prlimit) \
	X(305, clock_adjtime, time_clock_adjtime) X(306, syncfs, misc_syncfs) \
	X(307, sendmmsg, socket_sendmmsg) X(308, setns, event_setns) \
	X(309, getcpu, misc_getcpu) X(314, sched_setattr, misc_sched_setattr) \
	X(315, sched_getattr, misc_sched_getattr) \
	X(316, renameat2, path_renameat2) X(318, getrandom, misc_getrandom) \
	X(319, memfd_create, descriptor_memfd) X(322, execveat, process_execveat) \
	X(324, membarrier, barrier_membarrier) X(325, mlock2, memory_mlock2) \
	X(326, copy_file_range, transfer_copy_range) \
	X(327, preadv2, file_preadv2) X(328, pwritev2, file_pwritev2) \
	X(332, statx, path_statx) X(334, rseq, rseq_register) \
	X(424, pidfd_send_signal, event_pidfd_send_signal) \
	X(434, pidfd_open, event_pidfd_open) X(435, clone3, process_clone3) \
	X(436, close_range, descriptor_close_range) X(437, openat2, path_openat2) \
	X(438, pidfd_getfd, event_pidfd_getfd) \
	X(439, faccessat2, path_faccessat2) X(441, epoll_pwait2, event_epoll_pwait2) \
	X(452, fchmodat2, path_fchmodat2)
