#include "tests/machine/zip_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

void write_zip(const std::string& path, const std::map<std::string, std::string>& files) {
  const std::unique_ptr<archive, int (*)(archive*)> zip(archive_write_new(), archive_write_free);
  archive_write_set_format_zip(zip.get());
  if (archive_write_open_filename(zip.get(), path.c_str()) != ARCHIVE_OK) {
    throw std::runtime_error(archive_error_string(zip.get()));
  }
  for (const auto& [name, content] : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_write_header(zip.get(), entry.get());
    archive_write_data(zip.get(), content.data(), content.size());
  }
  if (archive_write_close(zip.get()) != ARCHIVE_OK) {
    throw std::runtime_error(archive_error_string(zip.get()));
  }
}
