#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/pe_version.h"

namespace machine {

enum class FileKind { kFile, kFolder, kLink };  // kLink: any reparse point; never followed

struct FileInfo {
  FileKind kind = FileKind::kFile;
  std::uint64_t size = 0;  // bytes; 0 for folders
  bool readonly = false;
  // Identity on its volume: survives a rename, differs for a new file at the same path, is never
  // reused within a transaction's life. NTFS: FILE_ID_INFO as hex.
  std::string id;
};

struct CopiedFile {
  std::uint64_t size = 0;
  std::string sha256;  // lower-case hex, of the bytes that were written
  std::string id;
};

// Files and folders of the machine. Paths are absolute Windows paths.
class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  // Returns nullopt if nothing is there (also if a parent is missing).
  virtual std::optional<FileInfo> stat(std::string_view path) = 0;
  // Names in a folder, sorted bytewise, without "." and "..". A missing folder is a Failure (3).
  virtual std::vector<std::string> list(std::string_view folder) = 0;
  // The whole content. More than max_bytes is a Failure (223), and so is a missing file (2).
  virtual std::string read(std::string_view path, std::uint64_t max_bytes) = 0;
  // SHA-256 in lower-case hex; constant memory.
  virtual std::string sha256(std::string_view path) = 0;
  // VS_FIXEDFILEINFO and ProductVersion; nullopt if the file is missing, is no PE image or has no
  // version resource.
  virtual std::optional<PeVersion> version(std::string_view path) = 0;

  // Returns a name, for people, of somebody who could change what a folder holds, or put another
  // folder in its place; nullopt if nobody could but SYSTEM, Administrators and its members (also
  // groups), TrustedInstaller, this process's own account and those that `trusted` names, without
  // case: "CORP\Packagers", or a SID. A missing folder is judged by what it would inherit.
  virtual std::optional<std::string> other_writer(std::string_view folder,
                                                  const std::vector<std::string>& trusted) = 0;

  // Makes a folder. The parent must exist. An existing folder is a Failure (183).
  virtual void create_folder(std::string_view path) = 0;
  // Makes the folder, owned by and open to SYSTEM and Administrators only, inheritance cut. If a
  // link is there, or a folder that others own or can write to, renames it aside unread
  // ("<path>.untrusted-N"), makes a new folder, and returns the other's new name.
  virtual std::optional<std::string> create_private_folder(std::string_view path) = 0;
  // Removes an empty folder. Not empty: 145. Missing: 2.
  virtual void remove_folder(std::string_view path) = 0;

  // Copies a file of the host's file system (a package file) to a new file, hashing in the same
  // pass, constant memory. The target must not exist (80). Not synced.
  virtual CopiedFile copy_in(const std::string& host_source, std::string_view target) = 0;
  // Makes or replaces a small file. Not synced.
  virtual void write(std::string_view path, std::string_view content) = 0;
  // Renames within a volume, atomically. Never replaces: an existing target is a Failure (183).
  // Works on files in use.
  virtual void rename(std::string_view from, std::string_view to) = 0;
  // Deletes a file. Missing: 2; in use: 5 or 32; read-only: 5.
  virtual void remove(std::string_view path) = 0;
  // Queues the deletion of a file or empty folder for the next boot (last resort, for files in
  // use).
  virtual void remove_at_boot(std::string_view path) = 0;
  virtual void set_readonly(std::string_view path, bool readonly) = 0;

  // Makes the content of files, and the entries of folders, durable. Each path is named once, in
  // any order.
  virtual void sync(std::span<const std::string> paths) = 0;

  // Bytes that can still be written on the volume of `path`.
  virtual std::uint64_t free_bytes(std::string_view path) = 0;
  // The path by which this process's own libraries (SQLite, the lock) can open a machine path.
  virtual std::string native_path(std::string_view path) = 0;
};

}  // namespace machine
