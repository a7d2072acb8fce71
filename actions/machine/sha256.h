#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace machine {

// SHA-256 of a stream, by the platform's library (libcrypto; CNG on Windows).
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void update(std::string_view bytes);
  // Lower-case hex, 64 characters. Ends the stream.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of(std::string_view bytes);

}  // namespace machine
