// What runs inside the VM for the bench: it tells what the machine is, straight from the Service
// Control Manager and the registry, and makes what a test needs there.
//
//   witness VERB WORDS... VERB WORDS...    each verb has its own number of words; in their order:
//     state SERVICE            a line: "RUNNING", "STOPPED" …, "absent"
//     services A,B,...         each with its registration, state and exit code
//     registry KEY             it and all below it, a line a value; nothing where it is absent
//     set KEY NAME TYPE DATA   TYPE: sz, dword
//     create SERVICE TYPE PATH automatic, TYPE: kernel, own
//     start SERVICE            asks for it, and waits until it is in no pending state
//     try-start SERVICE        the same of one that may fail
//     hold LIBRARY FILE        keeps it loaded; FILE is made once it is, and ends that when it goes
//
// Exit code 0: all of it was done. 125 and a line on stderr: the bench's own error.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define SERVICES_KEY L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define MOST_BYTES (1024 * 1024)

static __attribute__((noreturn)) void fail(DWORD code, const wchar_t* tried,
                                           const wchar_t* object) {
  fprintf(stderr, "witness: %ls %ls failed: %lu\n", tried, object, code);
  exit(125);
}

// UTF-8, one line: what would end it is written as \xx.
static void print_text(const wchar_t* text, size_t length) {
  char* const utf8 = malloc(length * 4 + 1);
  const int size = length == 0 ? 0
                               : WideCharToMultiByte(CP_UTF8, 0, text, (int)length, utf8,
                                                     (int)(length * 4), NULL, NULL);
  for (int i = 0; i < size; ++i) {
    const unsigned char byte = (unsigned char)utf8[i];
    if (byte < ' ' || byte == '\\')
      printf(byte == '\\' ? "\\" : "\\%02x", byte);
    else
      putchar(byte);
  }
  free(utf8);
}

// --- services --------------------------------------------------------------------------------

static SC_HANDLE open_manager(DWORD access) {
  const SC_HANDLE manager = OpenSCManagerW(NULL, NULL, access);
  if (manager == NULL) fail(GetLastError(), L"OpenSCManager for", L"the bench");
  return manager;
}

// NULL: there is no such service.
static SC_HANDLE open_service(const wchar_t* name, DWORD access) {
  const SC_HANDLE manager = open_manager(SC_MANAGER_CONNECT);
  const SC_HANDLE service = OpenServiceW(manager, name, access);
  const DWORD code = GetLastError();
  CloseServiceHandle(manager);
  if (service == NULL && code != ERROR_SERVICE_DOES_NOT_EXIST) fail(code, L"OpenService", name);
  return service;
}

static SERVICE_STATUS_PROCESS status_of(SC_HANDLE service, const wchar_t* name) {
  SERVICE_STATUS_PROCESS status;
  DWORD needed;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE*)&status, sizeof(status),
                            &needed))
    fail(GetLastError(), L"QueryServiceStatusEx", name);
  return status;
}

static const char* state_text(DWORD state) {
  static const char* const texts[] = {
      "?",       "STOPPED",          "START_PENDING", "STOP_PENDING",
      "RUNNING", "CONTINUE_PENDING", "PAUSE_PENDING", "PAUSED"};
  return texts[state < sizeof(texts) / sizeof(texts[0]) ? state : 0];
}

static int is_pending(DWORD state) {
  return state != SERVICE_STOPPED && state != SERVICE_RUNNING && state != SERVICE_PAUSED;
}

// The manager of Wine never sees that a process has ended.
static int has_died(const SERVICE_STATUS_PROCESS* status) {
  if (status->dwServiceType != SERVICE_WIN32_OWN_PROCESS || status->dwProcessId == 0) return 0;
  const HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, status->dwProcessId);
  if (process == NULL) return 1;
  const int ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
  CloseHandle(process);
  return ended;
}

static void print_state(const wchar_t* name) {
  const SC_HANDLE service = open_service(name, SERVICE_QUERY_STATUS);
  if (service == NULL) {
    puts("absent");
    return;
  }
  puts(state_text(status_of(service, name).dwCurrentState));
  CloseServiceHandle(service);
}

static void print_key(const wchar_t* path);

// 1077, "not started since it was made", is what 0 is to a driver that was stopped.
static void print_service(const wchar_t* name) {
  const SC_HANDLE service = open_service(name, SERVICE_QUERY_STATUS);
  if (service == NULL) {
    printf("%ls: absent\n", name);
  } else {
    const SERVICE_STATUS_PROCESS status = status_of(service, name);
    CloseServiceHandle(service);
    const DWORD code =
        status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED ? 0 : status.dwWin32ExitCode;
    printf("%ls: %s, exit code %lu%s\n", name, state_text(status.dwCurrentState), code,
           has_died(&status) ? ", its process has ended" : "");
  }
  wchar_t key[512];
  swprintf(key, 512, L"%ls%ls", SERVICES_KEY, name);
  print_key(key);
}

static void print_services(wchar_t* names) {
  for (wchar_t* name = names; name != NULL;) {
    wchar_t* const comma = wcschr(name, L',');
    if (comma != NULL) *comma = 0;
    print_service(name);
    name = comma == NULL ? NULL : comma + 1;
  }
}

static void create(const wchar_t* name, const wchar_t* type, const wchar_t* path) {
  const DWORD kind =
      wcscmp(type, L"kernel") == 0 ? SERVICE_KERNEL_DRIVER : SERVICE_WIN32_OWN_PROCESS;
  const SC_HANDLE manager = open_manager(SC_MANAGER_CREATE_SERVICE);
  const SC_HANDLE service =
      CreateServiceW(manager, name, NULL, SERVICE_QUERY_STATUS, kind, SERVICE_AUTO_START,
                     SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
  if (service == NULL) fail(GetLastError(), L"CreateService", name);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
}

static void start(const wchar_t* name, int may_fail) {
  const SC_HANDLE service = open_service(name, SERVICE_START | SERVICE_QUERY_STATUS);
  if (service == NULL) fail(ERROR_SERVICE_DOES_NOT_EXIST, L"OpenService", name);
  if (!StartServiceW(service, 0, NULL) && !may_fail) fail(GetLastError(), L"StartService", name);
  DWORD state = status_of(service, name).dwCurrentState;
  for (int i = 0; i < 3000 && is_pending(state); ++i) {
    Sleep(10);
    state = status_of(service, name).dwCurrentState;
  }
  CloseServiceHandle(service);
  if (state != SERVICE_RUNNING && !may_fail) fail(state, L"the start (state) of", name);
}

// --- the registry ----------------------------------------------------------------------------

// `below`: what follows it.
static HKEY root_of(const wchar_t* path, const wchar_t** below) {
  const wchar_t* const names[] = {L"HKLM\\", L"HKU\\"};
  const HKEY roots[] = {HKEY_LOCAL_MACHINE, HKEY_USERS};
  for (int i = 0; i < 2; ++i) {
    const size_t length = wcslen(names[i]);
    if (wcsncmp(path, names[i], length) != 0) continue;
    *below = path + length;
    return roots[i];
  }
  fail(ERROR_INVALID_NAME, L"look for", path);
}

static void print_data(DWORD type, const BYTE* data, DWORD size) {
  switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ: {
      const wchar_t* const text = (const wchar_t*)data;
      size_t length = size / sizeof(wchar_t);
      while (length > 0 && text[length - 1] == 0)
        --length;
      print_text(text, length);
      break;
    }
    case REG_DWORD:
      if (size == sizeof(DWORD)) {
        printf("0x%lx", *(const DWORD*)data);
        break;
      }
      __attribute__((fallthrough));
    default:
      for (DWORD i = 0; i < size; ++i)
        printf("%02x", data[i]);
  }
}

static const char* type_text(DWORD type) {
  static const char* const texts[] = {"REG_NONE",   "REG_SZ",      "REG_EXPAND_SZ",
                                      "REG_BINARY", "REG_DWORD",   "REG_DWORD_BIG_ENDIAN",
                                      "REG_LINK",   "REG_MULTI_SZ"};
  return type < sizeof(texts) / sizeof(texts[0]) ? texts[type] : "another type";
}

static void print_tree(HKEY key, const wchar_t* path) {
  static wchar_t name[16384];
  BYTE* const data = malloc(MOST_BYTES);
  printf("%ls\n", path);
  for (DWORD i = 0;; ++i) {
    DWORD length = 16384;
    DWORD size = MOST_BYTES;
    DWORD type;
    const LSTATUS code = RegEnumValueW(key, i, name, &length, NULL, &type, data, &size);
    if (code == ERROR_NO_MORE_ITEMS) break;
    if (code != ERROR_SUCCESS) fail((DWORD)code, L"RegEnumValue of", path);
    printf("%ls    ", path);
    print_text(name, length);
    printf("    %s    ", type_text(type));
    print_data(type, data, size);
    putchar('\n');
  }
  free(data);
  for (DWORD i = 0;; ++i) {
    wchar_t child[256];
    DWORD length = 256;
    const LSTATUS code = RegEnumKeyExW(key, i, child, &length, NULL, NULL, NULL, NULL);
    if (code == ERROR_NO_MORE_ITEMS) break;
    if (code != ERROR_SUCCESS) fail((DWORD)code, L"RegEnumKeyEx of", path);
    const size_t room = wcslen(path) + length + 2;
    wchar_t* const below = malloc(room * sizeof(wchar_t));
    swprintf(below, room, L"%ls\\%ls", path, child);
    HKEY opened;
    const LSTATUS open = RegOpenKeyExW(key, child, 0, KEY_READ, &opened);
    if (open != ERROR_SUCCESS) fail((DWORD)open, L"RegOpenKeyEx", below);
    print_tree(opened, below);
    RegCloseKey(opened);
    free(below);
  }
}

static void print_key(const wchar_t* path) {
  const wchar_t* below;
  const HKEY root = root_of(path, &below);
  HKEY key;
  const LSTATUS code = RegOpenKeyExW(root, below, 0, KEY_READ, &key);
  if (code == ERROR_FILE_NOT_FOUND) return;
  if (code != ERROR_SUCCESS) fail((DWORD)code, L"RegOpenKeyEx", path);
  print_tree(key, path);
  RegCloseKey(key);
}

static void set(const wchar_t* path, const wchar_t* name, const wchar_t* type,
                const wchar_t* text) {
  const wchar_t* below;
  const HKEY root = root_of(path, &below);
  HKEY key;
  LSTATUS code = RegCreateKeyExW(root, below, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
  if (code != ERROR_SUCCESS) fail((DWORD)code, L"RegCreateKeyEx", path);
  const DWORD number = wcstoul(text, NULL, 10);
  if (wcscmp(type, L"dword") == 0)
    code = RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE*)&number, sizeof(number));
  else
    code = RegSetValueExW(key, name, 0, REG_SZ, (const BYTE*)text,
                          (DWORD)((wcslen(text) + 1) * sizeof(wchar_t)));
  if (code != ERROR_SUCCESS) fail((DWORD)code, L"RegSetValueEx of", name);
  RegCloseKey(key);
}

// --- libraries -------------------------------------------------------------------------------

static void hold(const wchar_t* library, const wchar_t* file) {
  if (LoadLibraryW(library) == NULL) fail(GetLastError(), L"LoadLibrary of", library);
  const HANDLE made = CreateFileW(file, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
  if (made == INVALID_HANDLE_VALUE) fail(GetLastError(), L"CreateFile of", file);
  CloseHandle(made);
  while (GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES)
    Sleep(20);
}

int wmain(int count, wchar_t** words) {
  for (int i = 1; i < count;) {
    const wchar_t* const verb = words[i++];
    const int left = count - i;
    if (wcscmp(verb, L"state") == 0 && left >= 1) {
      print_state(words[i]);
      i += 1;
    } else if (wcscmp(verb, L"services") == 0 && left >= 1) {
      print_services(words[i]);
      i += 1;
    } else if (wcscmp(verb, L"registry") == 0 && left >= 1) {
      print_key(words[i]);
      i += 1;
    } else if (wcscmp(verb, L"set") == 0 && left >= 4) {
      set(words[i], words[i + 1], words[i + 2], words[i + 3]);
      i += 4;
    } else if (wcscmp(verb, L"create") == 0 && left >= 3) {
      create(words[i], words[i + 1], words[i + 2]);
      i += 3;
    } else if (wcscmp(verb, L"start") == 0 && left >= 1) {
      start(words[i], 0);
      i += 1;
    } else if (wcscmp(verb, L"try-start") == 0 && left >= 1) {
      start(words[i], 1);
      i += 1;
    } else if (wcscmp(verb, L"hold") == 0 && left >= 2) {
      hold(words[i], words[i + 1]);
      i += 2;
    } else {
      fail(ERROR_INVALID_PARAMETER, L"the word", verb);
    }
  }
  return 0;
}
