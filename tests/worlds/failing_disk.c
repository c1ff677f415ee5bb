/* A disk that fails: preloaded, it counts the calls that touch files below a folder, whoever makes them in the process
 * (Python, DuckDB, Polars), and lets call number N fail, or all from N on. tests/worlds/failing_disk.py builds and arms it.
 *
 * The calls: open, opendir, write, truncate, allocate, fsync, rename, unlink, mkdir, rmdir, link, copy, in all their
 * forms. Half of what a failing write was given is on the disk nevertheless, but where it was interrupted. A file that is
 * only read has no use for room, so what then fails says EIO.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LASTING = 1, DYING = 2 };

static char folder[PATH_MAX];
static atomic_long calls;
static _Atomic int armed;
static long first;
static int number, manner;
static char failed[PATH_MAX + 64];

/* Count from now on; call `at` fails with an error number. how: LASTING fails all after it too, DYING ends the process. */
void disk_arm(const char *below, long at, int error, int how) {
    snprintf(folder, sizeof folder, "%s/", below);
    calls = 0;
    first = at;
    number = error;
    manner = how;
    failed[0] = 0;
    armed = 1;
}

/* Fail no more; how many calls there were. */
long disk_disarm(void) {
    armed = 0;
    return calls;
}

/* The call that failed first, and its file; empty where none did. */
const char *disk_failed(void) { return failed; }

static int below(const char *path) {
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) || (!strncmp(path, folder, length - 1) && !path[length - 1]);
}

static void named(int handle, const char *path, char *whole) {
    char link[64], base[PATH_MAX];
    if (path && (path[0] == '/' || handle == AT_FDCWD)) {
        snprintf(whole, PATH_MAX, "%s", path);
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, base, sizeof base - 1);
    base[size < 0 ? 0 : size] = 0;
    snprintf(whole, PATH_MAX, path ? "%.2000s/%.2000s" : "%s", base, path);
}

/* Whether this call is to fail; errno is set then. */
static int fails(const char *call, int handle, const char *path, int reads) {
    char whole[PATH_MAX];
    if (!armed)
        return 0;
    int before = errno;
    named(handle, path, whole);
    errno = before;
    if (!below(whole))
        return 0;
    long mine = ++calls;
    if (mine != first && !(manner == LASTING && mine > first))
        return 0;
    if (mine == first)
        snprintf(failed, sizeof failed, "%s %s", call, whole);
    errno = reads && (number == ENOSPC || number == EROFS) ? EIO : number;
    return 1;
}

static int dies(void) { return manner == DYING; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define END() do { if (dies()) { kill(getpid(), SIGKILL); pause(); } } while (0)
#define REFUSE(call, handle, path) do { if (fails(call, handle, path, 0)) { END(); return -1; } } while (0)

static int reads_only(int flags) { return (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC)); }

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        if (fails("open", AT_FDCWD, path, reads_only(flags))) { END(); return -1; } \
        return REAL(name)(path, flags, mode); \
    }
#define OPENS_AT(name) \
    int name(int handle, const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        if (fails("open", handle, path, reads_only(flags))) { END(); return -1; } \
        return REAL(name)(handle, path, flags, mode); \
    }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int handle, const char *path, int flags) { return openat(handle, path, flags); }
int __openat64_2(int handle, const char *path, int flags) { return openat64(handle, path, flags); }

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

DIR *opendir(const char *path) {
    if (fails("opendir", AT_FDCWD, path, 1)) { END(); return NULL; }
    return REAL(opendir)(path);
}

/* Half of what was to be written is. */
#define TORN(half) do { int told = errno; if (told != EINTR) half; END(); errno = told; return -1; } while (0)

ssize_t write(int handle, const void *bytes, size_t count) {
    if (fails("write", handle, NULL, 0))
        TORN(REAL(write)(handle, bytes, count / 2));
    return REAL(write)(handle, bytes, count);
}

#define WRITES_AT(name, offset_type) \
    ssize_t name(int handle, const void *bytes, size_t count, offset_type offset) { \
        if (fails("write", handle, NULL, 0)) \
            TORN(REAL(name)(handle, bytes, count / 2, offset)); \
        return REAL(name)(handle, bytes, count, offset); \
    }
WRITES_AT(pwrite, off_t)
WRITES_AT(pwrite64, off64_t)

ssize_t writev(int handle, const struct iovec *parts, int count) {
    if (fails("write", handle, NULL, 0))
        TORN(REAL(writev)(handle, parts, count / 2));
    return REAL(writev)(handle, parts, count);
}

#define ON_HANDLE(call, name, types, arguments) \
    int name types { REFUSE(call, handle, NULL); return REAL(name) arguments; }
ON_HANDLE("truncate", ftruncate, (int handle, off_t size), (handle, size))
ON_HANDLE("truncate", ftruncate64, (int handle, off64_t size), (handle, size))
ON_HANDLE("allocate", fallocate, (int handle, int mode, off_t from, off_t size), (handle, mode, from, size))
ON_HANDLE("allocate", fallocate64, (int handle, int mode, off64_t from, off64_t size), (handle, mode, from, size))
ON_HANDLE("fsync", fsync, (int handle), (handle))
ON_HANDLE("fsync", fdatasync, (int handle), (handle))

/* This one tells its error as what it returns. */
int posix_fallocate(int handle, off_t from, off_t size) {
    if (fails("allocate", handle, NULL, 0)) { END(); return errno; }
    return REAL(posix_fallocate)(handle, from, size);
}

ssize_t copy_file_range(int from, off64_t *start, int handle, off64_t *end, size_t size, unsigned flags) {
    REFUSE("copy", handle, NULL);
    return REAL(copy_file_range)(from, start, handle, end, size, flags);
}
ssize_t sendfile(int handle, int from, off_t *start, size_t size) {
    REFUSE("copy", handle, NULL);
    return REAL(sendfile)(handle, from, start, size);
}
ssize_t sendfile64(int handle, int from, off64_t *start, size_t size) {
    REFUSE("copy", handle, NULL);
    return REAL(sendfile64)(handle, from, start, size);
}

#define ON_PATH(call, name, types, arguments) \
    int name types { REFUSE(call, AT_FDCWD, path); return REAL(name) arguments; }
#define ON_PATH_AT(call, name, types, arguments) \
    int name types { REFUSE(call, handle, path); return REAL(name) arguments; }
ON_PATH("unlink", unlink, (const char *path), (path))
ON_PATH("unlink", remove, (const char *path), (path))
ON_PATH("rmdir", rmdir, (const char *path), (path))
ON_PATH("mkdir", mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH("rename", rename, (const char *from, const char *path), (from, path))
ON_PATH("link", link, (const char *from, const char *path), (from, path))
ON_PATH("truncate", truncate, (const char *path, off_t size), (path, size))
ON_PATH("truncate", truncate64, (const char *path, off64_t size), (path, size))
ON_PATH_AT("unlink", unlinkat, (int handle, const char *path, int flags), (handle, path, flags))
ON_PATH_AT("mkdir", mkdirat, (int handle, const char *path, mode_t mode), (handle, path, mode))
ON_PATH_AT("rename", renameat, (int there, const char *from, int handle, const char *path), (there, from, handle, path))
ON_PATH_AT("rename", renameat2, (int there, const char *from, int handle, const char *path, unsigned flags),
           (there, from, handle, path, flags))
