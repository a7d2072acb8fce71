#include <gtest/gtest.h>

#include "actions/machine/sha256.h"

namespace machine {
namespace {

// Vectors of FIPS 180-4's examples (NIST, "Secure Hash Standard" examples).
TEST(Sha256, Known_texts_have_their_known_hashes) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, Pieces_hash_as_the_whole) {
  const std::string text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut));
    hash.update(std::string_view(text).substr(cut));
    EXPECT_EQ(hash.finish(), sha256_of(text)) << cut;
  }
}

TEST(Sha256, Every_byte_counts_also_NUL) {
  const std::string with_nul("a\0b", 3);
  EXPECT_NE(sha256_of(with_nul), sha256_of("a"));
  EXPECT_NE(sha256_of(with_nul), sha256_of("ab"));
}

}  // namespace
}  // namespace machine
