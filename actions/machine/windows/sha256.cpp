// machine::Sha256 over CNG (Cryptography API: Next Generation).
#include "actions/machine/sha256.h"

#include <windows.h>
// bcrypt.h needs windows.h first
#include <bcrypt.h>

#include <array>

#include "actions/machine/windows/win32_failure.h"
#include "text/hex.h"

namespace machine {
namespace {

constexpr std::size_t kDigestBytes = 32;

void check(NTSTATUS status, std::string_view api) {
  if (status >= 0) return;
  windows::Attempt{errors::ExitCode::kGeneric, "compute a", api, "SHA-256"}.fail(
      static_cast<std::uint32_t>(status));
}

}  // namespace

struct Sha256::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (hash != nullptr) BCryptDestroyHash(hash);
    if (algorithm != nullptr) BCryptCloseAlgorithmProvider(algorithm, 0);
  }
  BCRYPT_ALG_HANDLE algorithm = nullptr;
  BCRYPT_HASH_HANDLE hash = nullptr;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(BCryptOpenAlgorithmProvider(&state_->algorithm, BCRYPT_SHA256_ALGORITHM, nullptr, 0),
        "BCryptOpenAlgorithmProvider");
  check(BCryptCreateHash(state_->algorithm, &state_->hash, nullptr, 0, nullptr, 0, 0),
        "BCryptCreateHash");
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30U;  // the count is 32 bits wide
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kMost);
    // The function's parameter is not const; it does not write.
    auto* data = reinterpret_cast<PUCHAR>(const_cast<char*>(part.data()));
    check(BCryptHashData(state_->hash, data, static_cast<ULONG>(part.size()), 0), "BCryptHashData");
    bytes.remove_prefix(part.size());
  }
}

std::string Sha256::finish() {
  std::array<unsigned char, kDigestBytes> digest{};
  check(BCryptFinishHash(state_->hash, digest.data(), kDigestBytes, 0), "BCryptFinishHash");
  return text::to_hex(digest);
}

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace machine
