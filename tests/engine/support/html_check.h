#pragma once

#include <cctype>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// A page as this program writes it: each tag is closed by its own end, or ends in "/>", or has none
// in HTML; attributes are in double quotes; no id is there twice, and what leads to one finds it.
// Returns what is wrong first; "": nothing.
class HtmlCheck {
 public:
  static std::string fault_of(std::string_view page) {
    HtmlCheck check(page);
    while (check.fault_.empty() && check.next()) {
    }
    if (check.fault_.empty() && !check.open_.empty())
      check.fail("not closed: " + check.open_.back());
    for (const std::string& target : check.targets_) {
      if (check.fault_.empty() && !check.ids_.contains(target))
        check.fail("leads nowhere: " + target);
    }
    return check.fault_;
  }

 private:
  explicit HtmlCheck(std::string_view page) : page_(page) {}

  void fail(const std::string& what) {
    fault_ = what + " at " + std::to_string(at_) + ": " +
             std::string(page_.substr(at_ > 60 ? at_ - 60 : 0, 160));
  }

  // Reads up to the end of one tag. Returns false at the end of the page.
  bool next() {
    const std::size_t begin = page_.find('<', at_);
    if (page_.substr(at_, begin - at_).find('>') != std::string_view::npos) {
      fail("a > that begins nowhere");
      return false;
    }
    if (begin == std::string_view::npos) return false;
    at_ = begin + 1;
    const bool is_end = page_.substr(at_).starts_with("/");
    if (is_end) ++at_;
    const std::string name = word();
    if (page_.substr(begin).starts_with("<!DOCTYPE html>")) {
      at_ = begin + std::string_view("<!DOCTYPE html>").size();
      return true;
    }
    if (name.empty()) {
      fail("no tag");
      return false;
    }
    if (is_end) return closed(name);
    return opened(name);
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < page_.size() &&
           (std::isalnum(static_cast<unsigned char>(page_[at_])) != 0 || page_[at_] == '-'))
      ++at_;
    return std::string(page_.substr(begin, at_ - begin));
  }

  bool closed(const std::string& name) {
    if (open_.empty() || open_.back() != name || page_[at_] != '>') {
      fail("an end without its tag: " + name);
      return false;
    }
    open_.pop_back();
    ++at_;
    return true;
  }

  bool opened(const std::string& name) {
    static const std::set<std::string> kWithoutEnd{"meta", "br", "input"};
    while (page_.substr(at_).starts_with(" ")) {
      ++at_;
      if (!attribute()) return false;
    }
    const bool is_done = page_.substr(at_).starts_with("/>");
    if (is_done) ++at_;
    if (at_ >= page_.size() || page_[at_] != '>') {
      fail("a tag that does not end: " + name);
      return false;
    }
    ++at_;
    if (is_done || kWithoutEnd.contains(name)) return true;
    open_.push_back(name);
    if (name != "style" && name != "script") return true;
    at_ = page_.find("</" + name, at_);  // its content is no HTML
    return at_ != std::string_view::npos;
  }

  bool attribute() {
    const std::string name = word();
    if (!page_.substr(at_).starts_with("=")) return !name.empty();
    if (!page_.substr(at_).starts_with("=\"")) {
      fail("an attribute without quotes: " + name);
      return false;
    }
    const std::size_t begin = at_ + 2;
    const std::size_t end = page_.find('"', begin);
    const std::string value(page_.substr(begin, end - begin));
    if (name == "id" && !ids_.insert(value).second) fail("twice: " + value);
    if (name == "href" && value.starts_with("#")) targets_.insert(value.substr(1));
    if (name.starts_with("on") || (name == "href" && !value.starts_with("#"))) fail(name);
    at_ = end + 1;
    return end != std::string_view::npos && fault_.empty();
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::set<std::string> ids_;
  std::set<std::string> targets_;
  std::string fault_;
};

}  // namespace engine
