// A library that loads, with the one entry that netsh asks of its helpers.
__declspec(dllexport) unsigned long InitHelperDll(unsigned long netsh_version, void* reserved) {
  (void)netsh_version;
  (void)reserved;
  return 0;
}

int LibraryEntry(void* instance, unsigned long reason, void* reserved) {
  (void)instance;
  (void)reason;
  (void)reserved;
  return 1;
}
