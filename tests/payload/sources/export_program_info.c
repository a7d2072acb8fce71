// Writes what the real tool writes to the eBPF store, of the machine and of the user that it runs
// as, with this release's version as its content; `--clear` takes the whole store away. Exit code 0
// or 1.
#include <string.h>
#include <windows.h>

#define STORE "Software\\eBPF\\Providers\\"

struct value {
  const char* key;
  const char* name;
  const char* text;  // NULL: this release's version, as REG_BINARY
};
static const struct value values[] = {
    {STORE "SectionData\\bind", "ProgramType", "{608c517c-6c52-4a26-b677-bb1c34425adf}"},
    {STORE "ProgramData\\{608c517c-6c52-4a26-b677-bb1c34425adf}", "TypeDescriptor", NULL},
    {STORE "SectionData\\cgroup/connect4", "ProgramType", "{92ec8e39-aeec-11ec-9a30-18602489beee}"},
    {STORE "ProgramData\\{92ec8e39-aeec-11ec-9a30-18602489beee}", "TypeDescriptor", NULL},
    {STORE "GlobalHelpers\\bpf_map_lookup_elem", "Prototype", NULL},
};

static LSTATUS write(HKEY root, const struct value* value) {
  HKEY key;
  LSTATUS result = RegCreateKeyExA(root, value->key, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
  if (result != ERROR_SUCCESS) return result;
  const char* const data = value->text ? value->text : VERSION;
  result = RegSetValueExA(key, value->name, 0, value->text ? REG_SZ : REG_BINARY,
                          (const BYTE*)data, (DWORD)strlen(data) + (value->text ? 1 : 0));
  RegCloseKey(key);
  return result;
}

int main(int count, char** arguments) {
  const HKEY roots[] = {HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER};
  const int clear = count == 2 && strcmp(arguments[1], "--clear") == 0;
  LSTATUS result = ERROR_SUCCESS;
  for (int root = 0; root < 2; ++root) {
    if (clear) {
      RegDeleteTreeA(roots[root], "Software\\eBPF\\Providers");
      continue;
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0] && result == ERROR_SUCCESS; ++i)
      result = write(roots[root], &values[i]);
  }
  return result == ERROR_SUCCESS ? 0 : 1;
}
