// holder DLL FILE: keeps DLL loaded. FILE is made once it is, and the program ends when FILE is
// gone. Exit code 1: DLL could not be loaded.
#include <windows.h>

int main(int count, char** arguments) {
  if (count != 3 || LoadLibraryA(arguments[1]) == NULL) return 1;
  CloseHandle(CreateFileA(arguments[2], GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
  while (GetFileAttributesA(arguments[2]) != INVALID_FILE_ATTRIBUTES)
    Sleep(50);
  return 0;
}
