#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/files.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// How long a file is asked for that somebody has open in a way that shuts us out (virus scanners,
// indexers, backups: gone in moments).
constexpr std::uint32_t kSharingPatienceMs = 1000;

// Of a function that returns 0 where it fails: its code, 0 for success.
std::uint32_t succeeded(int result);

// Makes a call again and again while it answers one of `codes`, for `patience_ms` milliseconds.
// `call` returns a Win32 code, 0 for success; so does this.
std::uint32_t retried_while(std::initializer_list<std::uint32_t> codes, std::uint32_t patience_ms,
                            const std::function<std::uint32_t()>& call);
// While it answers ERROR_SHARING_VIOLATION (32) or ERROR_LOCK_VIOLATION (33).
std::uint32_t with_sharing_retries(const std::function<std::uint32_t()>& call);

// CreateFile, with these retries; everybody else may read, write and delete meanwhile. Never
// follows a link: one that is met is a Failure with ERROR_CANT_ACCESS_FILE (1920). `security`: of a
// file that is made; nullptr: what its folder gives.
FileHandle open_file(std::string_view path, DWORD access, DWORD disposition, const Attempt& attempt,
                     SECURITY_ATTRIBUTES* security = nullptr);
// Any file, folder or link, for what is written about it; an empty handle and the code in `code`
// where it cannot be opened.
FileHandle open_entry(std::string_view path, DWORD access, std::uint32_t& code);

FileInfo info_of(const FileHandle& file, const Attempt& attempt);

// Calls `take` with piece after piece, to the end.
void read_pieces(const FileHandle& file, const Attempt& attempt,
                 const std::function<void(std::string_view)>& take);
// Bytes [offset, offset + size), fewer at the end, none where they cannot be read.
std::string read_at(const FileHandle& file, std::uint64_t offset, std::size_t size);
void write_all(const FileHandle& file, std::string_view content, const Attempt& attempt);
// The same, and cuts off what was behind it: for a file that was opened with OPEN_ALWAYS.
// (CREATE_ALWAYS may not be used without following links: "CreateFileW".)
void overwrite(const FileHandle& file, std::string_view content, const Attempt& attempt);

// FlushFileBuffers of a file or folder.
void flush_entry(std::string_view path, const Attempt& attempt);

}  // namespace machine::windows
