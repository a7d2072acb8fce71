// A kernel driver that loads, does nothing and unloads again.
#include <wdm.h>

static void NTAPI unload(PDRIVER_OBJECT driver) { (void)driver; }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
  (void)registry_path;
  driver->DriverUnload = unload;
  return STATUS_SUCCESS;
}
