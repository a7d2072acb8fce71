// A program to be run. child exit CODE | arguments FILE WORDS... | hang | leave FILE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static int write_text(const wchar_t* path, const wchar_t* text) {
  char utf8[4096];
  const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof(utf8), NULL, NULL);
  FILE* file = _wfopen(path, L"ab");
  if (file == NULL || size == 0) return 1;
  fwrite(utf8, 1, (size_t)size - 1, file);
  fclose(file);
  return 0;
}

// Starts a process that hangs, writes its id and ends.
static int leave_a_child(const wchar_t* program, const wchar_t* file) {
  wchar_t line[1024];
  wchar_t id[32];
  STARTUPINFOW startup;
  PROCESS_INFORMATION process;
  memset(&startup, 0, sizeof(startup));
  startup.cb = sizeof(startup);
  swprintf(line, 1024, L"\"%ls\" hang", program);
  if (!CreateProcessW(program, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &startup,
                      &process))
    return 1;
  swprintf(id, 32, L"%lu", process.dwProcessId);
  return write_text(file, id);
}

int wmain(int argc, wchar_t** argv) {
  if (argc < 2) return 100;
  if (wcscmp(argv[1], L"exit") == 0 && argc > 2) return (int)wcstol(argv[2], NULL, 10);
  if (wcscmp(argv[1], L"hang") == 0) Sleep(INFINITE);
  if (wcscmp(argv[1], L"leave") == 0 && argc > 2) return leave_a_child(argv[0], argv[2]);
  if (wcscmp(argv[1], L"arguments") == 0 && argc > 2) {
    for (int i = 3; i < argc; ++i) {
      write_text(argv[2], argv[i]);
      write_text(argv[2], L"|");
    }
    return getchar() == EOF ? 0 : 101;  // nothing is on the input
  }
  return 102;
}
