// A kernel driver that loads, does nothing and unloads again, or behaves as behaviour.h has it.
#include "behaviour.h"

#include <wdm.h>

static void NTAPI unload(PDRIVER_OBJECT driver) { (void)driver; }

// The key of behaviour.h for the service whose own key ends in `\<service>`.
static void key_of(const UNICODE_STRING* registry_path, UNICODE_STRING* key, WCHAR* room,
                   USHORT room_bytes) {
  static const WCHAR kMachine[] = L"\\Registry\\Machine\\" BEHAVIOUR_KEY;
  key->Buffer = room;
  key->MaximumLength = room_bytes;
  key->Length = 0;
  while (kMachine[key->Length / sizeof(WCHAR)] != 0) {
    room[key->Length / sizeof(WCHAR)] = kMachine[key->Length / sizeof(WCHAR)];
    key->Length += sizeof(WCHAR);
  }
  const USHORT end = registry_path->Length / sizeof(WCHAR);
  USHORT at = end;
  while (at > 0 && registry_path->Buffer[at - 1] != L'\\')
    --at;
  for (; at < end && key->Length < room_bytes; ++at) {
    room[key->Length / sizeof(WCHAR)] = registry_path->Buffer[at];
    key->Length += sizeof(WCHAR);
  }
}

// FALSE: no such value.
static BOOLEAN read_value(HANDLE key, const WCHAR* name, ULONG* number) {
  UNICODE_STRING value;
  RtlInitUnicodeString(&value, name);
  struct {
    KEY_VALUE_PARTIAL_INFORMATION information;
    ULONG rest;
  } data;
  ULONG length;
  if (!NT_SUCCESS(ZwQueryValueKey(key, &value, KeyValuePartialInformation, &data, sizeof data,
                                  &length)) ||
      data.information.Type != REG_DWORD)
    return FALSE;
  *number = *(const ULONG*)data.information.Data;
  return TRUE;
}

static ULONG behaviour_of(const UNICODE_STRING* registry_path) {
  WCHAR room[200];
  UNICODE_STRING name;
  key_of(registry_path, &name, room, sizeof room);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
  HANDLE key;
  if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) return WELL;
  ULONG behaviour = WELL;
  if (!read_value(key, OWN_BEHAVIOUR_VALUE, &behaviour)) read_value(key, BEHAVIOUR_VALUE, &behaviour);
  ZwClose(key);
  return behaviour;
}

static void wait_seconds(LONG seconds) {
  LARGE_INTEGER interval;
  interval.QuadPart = -10000000LL * seconds;  // units of 100 ns, from now
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
  driver->DriverUnload = unload;
  switch (behaviour_of(registry_path)) {
    case ENTRY_FAILS:
      return STATUS_UNSUCCESSFUL;
    case ENTRY_TAKES_SECONDS:
      wait_seconds(3);
      break;
    case ENTRY_HANGS:
      wait_seconds(90);
      break;
    case ENTRY_CRASHES:
      *(volatile ULONG*)0 = 0;
      break;
    case NO_UNLOAD:
      driver->DriverUnload = NULL;
      break;
    default:
      break;
  }
  return STATUS_SUCCESS;
}
