#include "actions/machine/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "errors/failure.h"
#include "text/hex.h"

namespace machine {
namespace {

[[noreturn]] void fail(const char* api) {
  throw errors::Failure(errors::ExitCode::kGeneric, "SHA-256", "compute a SHA-256",
                        {api, 0, "libcrypto refused the call"});
}

}  // namespace

struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* old) const { EVP_MD_CTX_free(old); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context) fail("EVP_MD_CTX_new");
  if (EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1)
    fail("EVP_DigestInit_ex");
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  if (bytes.empty()) return;
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1)
    fail("EVP_DigestUpdate");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) != 1)
    fail("EVP_DigestFinal_ex");
  return text::to_hex({digest.data(), size});
}

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace machine
