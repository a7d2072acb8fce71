// A program that ends well at once.
int ProgramEntry(void) { return 0; }
