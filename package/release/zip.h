#pragma once

#include <string>
#include <variant>
#include <vector>

namespace package::release {

struct HostPath {
  std::string path;
};

struct ZipEntry {
  std::string name;                             // in the ZIP, '/' separated, ASCII
  std::variant<std::string, HostPath> content;  // bytes, or the file that has them
};

// Writes a new ZIP (deflate). Equal entries give equal bytes, on any day and in any time zone:
// entries are sorted by name and carry no time but the format's first, 1980-01-01. Streams files in
// constant memory. Throws kGeneric where a file cannot be read or the ZIP not be written.
void write_zip(const std::string& zip, std::vector<ZipEntry> entries);

// Extracts a ZIP that nobody vouches for into an empty folder. Throws kPackageDamaged, naming the
// entry: no ZIP, cut off, encrypted, an entry that is neither file nor folder, a name that is
// unsafe on Windows or has '\', two names that differ in case only, more than 4 GiB or 20,000
// entries in all.
void extract_zip(const std::string& zip, const std::string& folder);

}  // namespace package::release
