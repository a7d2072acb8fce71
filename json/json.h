// nlohmann::json, compiled once in json.cpp, and the one way to parse text that others may have
// written. Include this instead of <nlohmann/json.hpp>.
#pragma once

#include <istream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

extern template class nlohmann::basic_json<>;
extern template class nlohmann::detail::serializer<nlohmann::json>;
extern template class nlohmann::detail::json_sax_dom_parser<nlohmann::json>;
extern template class nlohmann::detail::json_sax_dom_callback_parser<nlohmann::json>;

// The parser of a std::string; there is one for each kind of input.
extern template class nlohmann::detail::lexer<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;
extern template class nlohmann::detail::parser<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;

namespace bounded {

// Nothing that this program or its neighbours write is nested deeper than ten levels. Printing and
// copying recurse, so a text of 10,000 levels would end the process.
inline constexpr int kMaxJsonDepth = 64;

// Parses JSON text in UTF-8. Returns a discarded value (is_discarded()) for any other text, and for
// text that is nested deeper than kMaxJsonDepth.
nlohmann::json json(std::string_view text);

// Returns true if brackets outside strings are nested deeper than kMaxJsonDepth.
bool is_too_deep(std::string_view text);

}  // namespace bounded
