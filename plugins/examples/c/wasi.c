// What a C library wants of an operating system, and a plugin does not have: what is printed goes to the host's log,
// and every other call fails. With this `snprintf`, `assert` and `abort` link without WASI.

#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("modelhost:plugin/logging@0.1.0"), import_name("log"))) void host_log(
    int32_t level, const char *text, size_t length);

enum { INFO = 2, ERROR = 4 };
enum { SUCCESS = 0, BAD_FILE = 8, NOT_SEEKABLE = 70 };
enum { TERMINAL = 2 };

// The library calls its imports by these names; what is defined here is no import any more.
#define WASI(name) __imported_wasi_snapshot_preview1_##name

typedef struct {
  const char *text;
  size_t length;
} part;

int32_t WASI(fd_write)(int32_t file, int32_t parts_at, int32_t count, int32_t written_at) {
  const part *parts = (const part *)parts_at;
  size_t written = 0;
  for (int32_t i = 0; i < count; i++) {
    size_t length = parts[i].length;
    written += length;
    if (length && parts[i].text[length - 1] == '\n') length--;
    if (length) host_log(file == 2 ? ERROR : INFO, parts[i].text, length);
  }
  *(size_t *)written_at = written;
  return SUCCESS;
}

int32_t WASI(fd_read)(int32_t file, int32_t parts, int32_t count, int32_t read) {
  (void)file, (void)parts, (void)count, (void)read;
  return BAD_FILE;
}

int32_t WASI(fd_seek)(int32_t file, int64_t offset, int32_t whence, int32_t at) {
  (void)file, (void)offset, (void)whence, (void)at;
  return NOT_SEEKABLE;
}

int32_t WASI(fd_close)(int32_t file) {
  (void)file;
  return BAD_FILE;
}

// A terminal, so that the library writes each line when it is whole.
int32_t WASI(fd_fdstat_get)(int32_t file, int32_t stat_at) {
  uint64_t *stat = (uint64_t *)stat_at;
  stat[0] = TERMINAL;
  stat[1] = stat[2] = 0;
  return file <= 2 ? SUCCESS : BAD_FILE;
}

_Noreturn void WASI(proc_exit)(int32_t code) {
  (void)code;
  __builtin_trap();
}
