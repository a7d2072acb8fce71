// How a driver or service of the tests behaves: the REG_DWORD "behaviour once" (services: deleted
// by the start that reads it), else "behaviour 1.1.0" (its own version), else "behaviour", of the
// key HKLM\Software\ebpf-handler tests\<service>, read at each start. No value: well. The key lies
// outside all that the handler touches, so that one payload serves every test.
#pragma once

#define BEHAVIOUR_KEY L"Software\\ebpf-handler tests\\"
#define BEHAVIOUR_VALUE L"behaviour"
#define NEXT_BEHAVIOUR_VALUE L"behaviour once"
#define OWN_BEHAVIOUR_VALUE L"behaviour " VERSION

enum behaviour {
  WELL = 0,

  // Drivers.
  ENTRY_FAILS = 1,          // STATUS_UNSUCCESSFUL
  ENTRY_TAKES_SECONDS = 2,  // three
  ENTRY_HANGS = 3,          // a minute and a half
  ENTRY_CRASHES = 4,        // writes to address 0
  NO_UNLOAD = 5,            // cannot be stopped

  // Services.
  START_PENDING_FOR_EVER = 11,
  NEVER_CONNECTS = 12,  // never calls StartServiceCtrlDispatcher
  EXITS_AT_ONCE = 13,
  STOPS_WITH_1066 = 14,
  IGNORES_STOP = 15,
  STOP_TAKES_SECONDS = 16,  // three
  STOP_HANGS = 17,
  ACCEPTS_NO_STOP = 18,
  DIES_SOON = 19,  // a fifth of a second after it has said that it runs

  // GuestProxyAgent.
  STATUS_IS_BAD = 21,
  STATUS_IS_STALE = 22,  // never written again
};
