#include "text/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace text {
namespace {

constexpr std::int64_t kLastMs = 253402300799999;  // 9999-12-31T23:59:59.999Z
constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";

bool has_form(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  return std::equal(text.begin(), text.end(), kForm.begin(), [](char found, char form) {
    return form == '0' ? found >= '0' && found <= '9' : found == form;
  });
}

int number(std::string_view text, std::size_t from, std::size_t length) {
  int value = 0;
  std::from_chars(text.data() + from, text.data() + from + length, value);
  return value;
}

}  // namespace

std::string utc_text(std::int64_t utc_ms) {
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> time{
      milliseconds{std::clamp(utc_ms, std::int64_t{0}, kLastMs)}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<milliseconds> clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::int64_t utc_ms(const std::string& text) {
  if (!has_form(text)) return -1;
  const std::chrono::year_month_day date{
      std::chrono::year{number(text, 0, 4)},
      std::chrono::month{static_cast<unsigned>(number(text, 5, 2))},
      std::chrono::day{static_cast<unsigned>(number(text, 8, 2))}};
  const int hours = number(text, 11, 2);
  const int minutes = number(text, 14, 2);
  const int seconds = number(text, 17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) return -1;
  const auto time = std::chrono::sys_days{date} + std::chrono::hours{hours} +
                    std::chrono::minutes{minutes} + std::chrono::seconds{seconds} +
                    std::chrono::milliseconds{number(text, 20, 3)};
  const std::int64_t ms = time.time_since_epoch().count();
  return ms < 0 ? -1 : ms;
}

}  // namespace text
