#include "errors/failure.h"

#include <utility>

namespace errors {

Failure::Failure(ExitCode code, std::string object, std::string tried)
    : code_(code), object_(std::move(object)), tried_(std::move(tried)) {
  render();
}

Failure::Failure(ExitCode code, std::string object, std::string tried, SystemError system)
    : code_(code),
      object_(std::move(object)),
      tried_(std::move(tried)),
      system_(std::move(system)) {
  render();
}

Failure& Failure::advise(std::string what_to_do) {
  advice_ = std::move(what_to_do);
  return *this;
}

Failure& Failure::tried_again_by(std::string_view what) {
  tried_again_by_ = what;
  return *this;
}

std::string Failure::advice() const {
  std::string text = advice_.empty() ? std::string(exit_code_row(code_).advice) : advice_;
  if (text.ends_with(',') || text.ends_with(';')) text += " then " + tried_again_by_ + ".";
  return text;
}

Failure& Failure::add_context(std::string phrase) {
  context_.push_back(std::move(phrase));
  render();
  return *this;
}

Failure& Failure::recode(ExitCode code) {
  code_ = code;
  return *this;
}

std::string Failure::message() const { return message_; }

const char* Failure::what() const noexcept { return message_.c_str(); }

void Failure::render() {
  message_ = "Could not " + tried_;
  if (!object_.empty() && tried_.find(object_) == std::string::npos)
    message_ += " (" + object_ + ")";
  if (system_) {
    message_ +=
        ": " + system_->text + " (" + system_->api + ": " + std::to_string(system_->code) + ")";
  }
  for (const std::string& phrase : context_)
    message_ += ", " + phrase;
}

nlohmann::json Failure::to_json() const {
  nlohmann::json json{{"code", static_cast<int>(code_)},
                      {"name", exit_code_row(code_).name},
                      {"object", object_},
                      {"tried", tried_},
                      {"context", context_},
                      {"message", message_},
                      {"advice", advice()}};
  if (system_)
    json["system"] = {{"api", system_->api}, {"code", system_->code}, {"text", system_->text}};
  return json;
}

Failure Failure::from_json(const nlohmann::json& json) {
  const auto code = exit_code_from_number(json.value("code", static_cast<int>(ExitCode::kGeneric)));
  Failure failure(code.value_or(ExitCode::kGeneric), json.value("object", ""),
                  json.value("tried", ""));
  if (json.contains("system")) {
    const nlohmann::json& system = json.at("system");
    failure.system_ = SystemError{system.value("api", ""), system.value("code", std::int64_t{0}),
                                  system.value("text", "")};
  }
  failure.context_ = json.value("context", std::vector<std::string>{});
  failure.advice_ = json.value("advice", "");
  failure.render();
  return failure;
}

bool is_in_use(const Failure& failure) {
  // winerror.h: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE.
  const std::int64_t code = failure.system() ? failure.system()->code : 0;
  return code == 32 || code == 33 || code == 1224;
}

Failure as_failure(const std::exception& exception) {
  if (const auto* failure = dynamic_cast<const Failure*>(&exception)) return *failure;
  return {ExitCode::kGeneric, "", std::string("go on: internal error: ") + exception.what()};
}

}  // namespace errors
