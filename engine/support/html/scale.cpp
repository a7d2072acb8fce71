#include "engine/support/html/scale.h"

#include <algorithm>

#include "engine/support/html/text.h"
#include "engine/support/journal_facts.h"
#include "text/bounded.h"
#include "text/time.h"

namespace engine::support::html {
namespace {

constexpr std::int64_t kWhole = 10'000;  // hundredths of a percent
constexpr std::int64_t kThinnest = 40;

std::string percent(std::int64_t hundredths) {
  constexpr std::int64_t kPerPercent = 100;
  constexpr std::int64_t kPerTenth = 10;
  const std::int64_t rest = hundredths % kPerPercent;
  std::string text = std::to_string(hundredths / kPerPercent);
  if (rest != 0) text += "." + std::to_string(rest / kPerTenth) + std::to_string(rest % kPerTenth);
  return text + "%";
}

std::int64_t hundredths(const Scale& scale, std::int64_t at) {
  if (scale.to <= scale.from) return 0;
  const auto share =
      static_cast<double>(at - scale.from) / static_cast<double>(scale.to - scale.from);
  return std::clamp(static_cast<std::int64_t>(share * kWhole), std::int64_t{0}, kWhole);
}

}  // namespace

std::string Scale::position(std::int64_t at) const { return percent(hundredths(*this, at)); }

std::string Scale::width(std::int64_t begin, std::int64_t end) const {
  const std::int64_t left = hundredths(*this, begin);
  return percent(std::max(hundredths(*this, end) - left, kThinnest));
}

std::string drawing(const std::string& content, const std::string& label) {
  const std::string attributes = label.empty()
                                     ? std::string(" aria-hidden=\"true\"")
                                     : " role=\"img\" aria-label=\"" + escaped(label) + "\"";
  return element("svg", content, attributes);
}

std::string bar(const Scale& scale, std::int64_t begin, std::int64_t end, std::string_view style) {
  return "<rect x=\"" + scale.position(begin) + "\" width=\"" + scale.width(begin, end) +
         "\" y=\"3\" height=\"10\" class=\"" + std::string(style) + "\"/>";
}

std::string tick(const Scale& scale, std::int64_t at, std::string_view style) {
  const std::string x = scale.position(at);
  return "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"1\" y2=\"15\" class=\"" +
         std::string(style) + "\"/>";
}

std::string band(const Scale& scale, const product::Downtime& down) {
  std::string content = R"(<rect width="100%" y="6" height="4" class="up"/>)";
  for (const product::DownInterval& interval : down.intervals) {
    const std::int64_t from = text::utc_ms(interval.from);
    const std::int64_t to = interval.to.empty() ? scale.to : text::utc_ms(interval.to);
    if (to >= scale.from && from <= scale.to) content += bar(scale, from, to, "down");
  }
  return drawing(content, in_words(down));
}

std::string in_words(const product::Downtime& down) {
  if (!down.since.empty()) return "down since " + readable_time(down.since);
  return down.intervals.empty() ? "not stopped" : "down " + seconds_text(down.ms) + " s";
}

std::string readable_time(const std::string& at) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kSeconds = 19;
  constexpr std::size_t kLong = 100;
  if (text::utc_ms(at) < 0) return text::bounded(at, kLong);
  return at.substr(0, kDate) + " " + at.substr(kDate + 1, kSeconds - kDate - 1);
}

}  // namespace engine::support::html
