// A service program that runs until it is stopped, or behaves as behaviour.h has it. Compiled as
// GUEST_PROXY_AGENT it also does what GuestProxyAgent does around eBPF: it keeps ebpfapi.dll of the
// usual folder loaded, and writes once a second whether the drivers run.
#include "behaviour.h"

#include <stdio.h>
#include <windows.h>

#ifdef GUEST_PROXY_AGENT
#define SERVICE_NAME L"GuestProxyAgent"
#else
#define SERVICE_NAME L"eBPFSvc"
#endif

static SERVICE_STATUS_HANDLE handle;
static HANDLE stop_event;
static DWORD behaviour;

static DWORD read_value(const WCHAR* name, DWORD otherwise) {
  DWORD value = otherwise;
  DWORD size = sizeof value;
  const LSTATUS result = RegGetValueW(HKEY_LOCAL_MACHINE, BEHAVIOUR_KEY SERVICE_NAME, name,
                                      RRF_RT_REG_DWORD, NULL, &value, &size);
  return result == ERROR_SUCCESS ? value : otherwise;
}

static void report(DWORD state, DWORD exit_code) {
  SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, state, 0, exit_code, 0, 0, 0};
  if (state == SERVICE_RUNNING && behaviour != ACCEPTS_NO_STOP)
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP;
  if (state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING) status.dwWaitHint = 1000;
  if (exit_code == ERROR_SERVICE_SPECIFIC_ERROR) status.dwServiceSpecificExitCode = 1;
  SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void* data, void* context) {
  (void)type;
  (void)data;
  (void)context;
  if (code == SERVICE_CONTROL_INTERROGATE) return NO_ERROR;
  if (code != SERVICE_CONTROL_STOP) return ERROR_CALL_NOT_IMPLEMENTED;
  if (behaviour == IGNORES_STOP) return NO_ERROR;
  if (behaviour == STOP_TAKES_SECONDS) Sleep(3000);
  report(SERVICE_STOP_PENDING, NO_ERROR);
  if (behaviour == STOP_HANGS) Sleep(INFINITE);
  SetEvent(stop_event);
  return NO_ERROR;
}

#ifdef GUEST_PROXY_AGENT
static BOOL runs(const WCHAR* service) {
  SERVICE_STATUS status = {0};
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE opened = manager ? OpenServiceW(manager, service, SERVICE_QUERY_STATUS) : NULL;
  if (opened) QueryServiceStatus(opened, &status);
  if (opened) CloseServiceHandle(opened);
  if (manager) CloseServiceHandle(manager);
  return status.dwCurrentState == SERVICE_RUNNING;
}

static void write_status(void) {
  const BOOL well = runs(L"EbpfCore") && runs(L"NetEbpfExt") && behaviour != STATUS_IS_BAD;
  const char* const part = well ? "RUNNING" : "STOPPED";
  SYSTEMTIME now;
  GetSystemTime(&now);
  CreateDirectoryA("C:\\WindowsAzure", NULL);
  CreateDirectoryA("C:\\WindowsAzure\\ProxyAgent", NULL);
  CreateDirectoryA("C:\\WindowsAzure\\ProxyAgent\\Logs", NULL);
  FILE* file = fopen("C:\\WindowsAzure\\ProxyAgent\\Logs\\status.json.new", "wb");
  if (file == NULL) return;
  fprintf(file,
          "{\"timestamp\": \"%04d-%02d-%02dT%02d:%02d:%02d.%03d\",\n"
          " \"proxyAgentStatus\": {\"version\": \"1.0.30\", \"status\": \"%s\",\n"
          "  \"keyLatchStatus\": {\"status\": \"%s\", \"message\": \"\"},\n"
          "  \"ebpfProgramStatus\": {\"status\": \"%s\", \"message\": \"\"},\n"
          "  \"proxyListenerStatus\": {\"status\": \"RUNNING\", \"message\": \"\"}}}\n",
          now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond, now.wMilliseconds,
          well ? "SUCCESS" : "ERROR", part, part);
  fclose(file);
  MoveFileExA("C:\\WindowsAzure\\ProxyAgent\\Logs\\status.json.new",
              "C:\\WindowsAzure\\ProxyAgent\\Logs\\status.json", MOVEFILE_REPLACE_EXISTING);
}
#endif

static void WINAPI service_main(DWORD count, WCHAR** arguments) {
  (void)count;
  (void)arguments;
  if (behaviour == EXITS_AT_ONCE) ExitProcess(1);
  handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, control, NULL);
  report(SERVICE_START_PENDING, NO_ERROR);
  if (behaviour == START_PENDING_FOR_EVER) Sleep(INFINITE);
  if (behaviour == STOPS_WITH_1066) return report(SERVICE_STOPPED, ERROR_SERVICE_SPECIFIC_ERROR);
#ifdef GUEST_PROXY_AGENT
  LoadLibraryW(L"C:\\Program Files\\ebpf-for-windows\\ebpfapi.dll");
#endif
  report(SERVICE_RUNNING, NO_ERROR);
  for (int second = 0;; ++second) {
#ifdef GUEST_PROXY_AGENT
    if (behaviour != STATUS_IS_STALE) write_status();
#endif
    const DWORD pause = behaviour == DIES_SOON ? 200 : 1000;
    if (WaitForSingleObject(stop_event, pause) == WAIT_OBJECT_0) break;
    if (behaviour == DIES_SOON) TerminateProcess(GetCurrentProcess(), 3);
  }
  report(SERVICE_STOPPED, NO_ERROR);
}

int main(void) {
  behaviour = read_value(OWN_BEHAVIOUR_VALUE, read_value(BEHAVIOUR_VALUE, WELL));
  behaviour = read_value(NEXT_BEHAVIOUR_VALUE, behaviour);
  RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, BEHAVIOUR_KEY SERVICE_NAME, NEXT_BEHAVIOUR_VALUE);
  if (behaviour == NEVER_CONNECTS) Sleep(INFINITE);
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  SERVICE_TABLE_ENTRYW table[] = {{(WCHAR*)SERVICE_NAME, service_main}, {NULL, NULL}};
  return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}
