// GuestProxyAgent's health: read from what it writes, and the table that judges it.
#include <array>
#include <iostream>
#include <map>

#include "actions/machine/files.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/services/stop_service.h"
#include "engine/commands/commands.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_state.h"
#include "tests/engine/bench.h"
#include "text/time.h"

namespace engine {
namespace {

using testing::HasSubstr;

constexpr std::array kBefore{product::ProxyHealth::kAbsent,    product::ProxyHealth::kStopped,
                             product::ProxyHealth::kDisabled,  product::ProxyHealth::kHealthy,
                             product::ProxyHealth::kUnhealthy, product::ProxyHealth::kUnknown,
                             product::ProxyHealth::kDown};
constexpr std::array kAfter{product::ProxyAfter::kHealthy,    product::ProxyAfter::kUnhealthy,
                            product::ProxyAfter::kUnknown,    product::ProxyAfter::kNotRunning,
                            product::ProxyAfter::kEndedAgain, product::ProxyAfter::kSameProcess};

TEST(ProxyTable, Answers_every_pair_and_each_row_decides_one) {
  std::map<const product::ProxyRow*, int> decided;
  for (const product::ProxyHealth before : kBefore) {
    for (const product::ProxyAfter after : kAfter) {
      const product::ProxyRow* first = nullptr;
      for (const product::ProxyRow& row : product::proxy_table()) {
        if (first == nullptr && row.before == before && (!row.after || *row.after == after))
          first = &row;
      }
      ASSERT_NE(first, nullptr) << to_text(before) << ", " << to_text(after);
      EXPECT_EQ(judge(before, after), first->verdict);
      ++decided[first];
    }
  }
  for (const product::ProxyRow& row : product::proxy_table()) {
    EXPECT_GT(decided[&row], 0) << "a row that nothing reaches";
    std::cout << "[ table    ] " << to_text(row.before) << " -> "
              << (row.after ? to_text(*row.after) : "anything else") << ": " << to_text(row.verdict)
              << ", " << decided[&row] << " pairs\n";
  }
  std::cout << "[ table    ] " << product::proxy_table().size() << " rows, "
            << kBefore.size() * kAfter.size() << " pairs\n";
}

TEST(ProxyTable, Judges_only_what_ran_and_undoes_only_what_got_worse) {
  for (const product::ProxyHealth before : kBefore) {
    if (before == product::ProxyHealth::kDown) continue;
    const bool ran = before == product::ProxyHealth::kHealthy ||
                     before == product::ProxyHealth::kUnhealthy ||
                     before == product::ProxyHealth::kUnknown;
    for (const product::ProxyAfter after : kAfter) {
      const bool runs = after == product::ProxyAfter::kHealthy ||
                        after == product::ProxyAfter::kUnhealthy ||
                        after == product::ProxyAfter::kUnknown;
      const product::ProxyVerdict verdict = judge(before, after);
      if (!ran || after == product::ProxyAfter::kHealthy) {
        EXPECT_EQ(verdict, product::ProxyVerdict::kFine);
        continue;
      }
      EXPECT_NE(verdict, product::ProxyVerdict::kFine);
      EXPECT_EQ(verdict == product::ProxyVerdict::kRegress,
                before == product::ProxyHealth::kHealthy || !runs)
          << to_text(before) << ", " << to_text(after);
      if (verdict == product::ProxyVerdict::kComplain) {
        EXPECT_EQ(after, product::ProxyAfter::kUnhealthy);
      }
    }
  }
}

TEST(ProxyTable, Of_one_that_was_down_nothing_is_undone_and_only_health_is_fine) {
  for (const product::ProxyAfter after : kAfter) {
    EXPECT_EQ(judge(product::ProxyHealth::kDown, after), after == product::ProxyAfter::kHealthy
                                                             ? product::ProxyVerdict::kFine
                                                             : product::ProxyVerdict::kComplain);
  }
}

TEST(ProxyTable, Words_of_health_are_read_back_and_others_are_unknown) {
  for (const product::ProxyHealth health : kBefore)
    EXPECT_EQ(product::proxy_health_from(to_text(health)), health);
  for (const char* text : {"", "fine"})
    EXPECT_EQ(product::proxy_health_from(text), product::ProxyHealth::kUnknown);
}

class ProxyHealthIsRead : public Bench {
 protected:
  void SetUp() override { enabled(); }

  std::filesystem::path file() const {
    return vm_.drive("WindowsAzure/ProxyAgent/Logs/status.json");
  }
  product::ProxyReading read(std::int64_t since = 0) const {
    product::ProxyReading reading;
    behind([&](machine::Machine& m) { reading = product::read_proxy(m, since); });
    return reading;
  }
  nlohmann::json good() const { return nlohmann::json::parse(lab::read_file(file())); }
  void expect_unknown(const std::string& content) const {
    lab::write_file(file(), content);
    const product::ProxyReading reading = read();
    EXPECT_EQ(reading.health, product::ProxyHealth::kUnknown) << content.substr(0, 200);
    EXPECT_NE(reading.words, "");
    EXPECT_LT(reading.words.size(), 400U);
    EXPECT_EQ(reading.words.find('\n'), std::string::npos);
  }
  void wait(std::int64_t milliseconds) const {
    behind([&](machine::Machine& m) { m.system().wait_ms(milliseconds); });
  }
  // Stops writing, and writes the file as of so long ago.
  void set_age(std::int64_t milliseconds) const {
    auto json = good();
    vm_.set("service:GuestProxyAgent", {"status-file=stale"});
    wait(std::abs(milliseconds));
    if (milliseconds < 0) {
      behind([&](machine::Machine& m) {
        json["timestamp"] = text::utc_text(m.system().utc_ms() - milliseconds);
      });
    }
    lab::write_file(file(), json.dump());
  }
};

TEST_F(ProxyHealthIsRead, Healthy_where_its_file_is_fresh_and_good) {
  const product::ProxyReading reading = read();
  EXPECT_EQ(reading.health, product::ProxyHealth::kHealthy) << reading.words;
  EXPECT_EQ(reading.process_id, process("GuestProxyAgent"));
}

TEST_F(ProxyHealthIsRead, Unhealthy_names_the_part_that_is_not_running) {
  for (const char* part : {"ebpfProgramStatus", "keyLatchStatus", "proxyListenerStatus"}) {
    auto json = good();
    json["proxyAgentStatus"][part]["status"] = "STOPPED";
    lab::write_file(file(), json.dump());
    const product::ProxyReading reading = read();
    EXPECT_EQ(reading.health, product::ProxyHealth::kUnhealthy);
    EXPECT_THAT(reading.words, HasSubstr(std::string(part) + " STOPPED"));
    json["proxyAgentStatus"][part]["status"] = "RUNNING";
    lab::write_file(file(), json.dump());
  }
  auto json = good();
  json["proxyAgentStatus"]["status"] = "ERROR";
  lab::write_file(file(), json.dump());
  EXPECT_EQ(read().health, product::ProxyHealth::kUnhealthy);
}

TEST_F(ProxyHealthIsRead, A_hostile_status_file_is_unknown_and_never_throws) {
  for (const char* key : {"timestamp", "proxyAgentStatus"}) {
    auto json = good();
    for (const nlohmann::json& value :
         {nlohmann::json(), nlohmann::json(7), nlohmann::json(""), nlohmann::json::array(),
          nlohmann::json("9999999999-99-99T99:99:99"), nlohmann::json("2026-02-30T10:00:00.5")}) {
      json[key] = value;
      expect_unknown(json.dump());
    }
    json.erase(key);
    expect_unknown(json.dump());
    // What is good again is read again.
    wait(61'000);
    EXPECT_EQ(read().health, product::ProxyHealth::kHealthy);
  }
  for (const char* key : {"status", "ebpfProgramStatus", "keyLatchStatus", "proxyListenerStatus"}) {
    auto json = good();
    json["proxyAgentStatus"][key] = 5;
    expect_unknown(json.dump());
    json["proxyAgentStatus"].erase(key);
    expect_unknown(json.dump());
    wait(61'000);
  }
  const std::string deep(100'000, '[');
  const std::string closed = std::string(10'000, '[') + std::string(10'000, ']');  // F-30
  for (const std::string& content :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), deep, closed,
        std::string("\xff\xfe{}"), std::string("\0\0\0", 3), std::string(5'000'000, ' ')})
    expect_unknown(content);
}

TEST_F(ProxyHealthIsRead, A_message_of_any_length_becomes_one_short_line) {
  auto json = good();
  json["proxyAgentStatus"]["ebpfProgramStatus"] = {{"status", "STOPPED"},
                                                   {"message", "a\nb" + std::string(10'000, 'x')}};
  lab::write_file(file(), json.dump());
  const product::ProxyReading reading = read();
  EXPECT_EQ(reading.health, product::ProxyHealth::kUnhealthy);
  EXPECT_LT(reading.words.size(), 400U);
  EXPECT_EQ(reading.words.find('\n'), std::string::npos);
}

TEST_F(ProxyHealthIsRead, No_file_and_a_folder_in_its_place_are_unknown) {
  std::filesystem::remove(file());
  EXPECT_EQ(read().health, product::ProxyHealth::kUnknown);
  std::filesystem::create_directory(file());
  EXPECT_EQ(read().health, product::ProxyHealth::kUnknown);
  std::filesystem::remove(file());
}

TEST_F(ProxyHealthIsRead, A_file_is_stale_after_two_and_a_half_periods) {
  set_age(120'000);
  EXPECT_EQ(read().health, product::ProxyHealth::kHealthy);
  wait(60'000);
  EXPECT_EQ(read().health, product::ProxyHealth::kUnknown);
}

TEST_F(ProxyHealthIsRead, A_file_of_the_future_is_stale_too) {
  set_age(-140'000);
  EXPECT_EQ(read().health, product::ProxyHealth::kHealthy) << read().words;
  set_age(-200'000);
  EXPECT_EQ(read().health, product::ProxyHealth::kUnknown);
}

TEST_F(ProxyHealthIsRead, What_another_process_wrote_says_nothing_of_this_one) {
  std::int64_t now = 0;
  behind([&](machine::Machine& m) { now = m.system().utc_ms(); });
  EXPECT_EQ(read(now + 1).health, product::ProxyHealth::kUnknown);
  EXPECT_EQ(read(now - 60'000).health, product::ProxyHealth::kHealthy);
}

TEST_F(ProxyHealthIsRead, A_time_without_a_fraction_or_with_a_Z_is_read) {
  auto json = good();
  const std::string seconds = json["timestamp"].get<std::string>().substr(0, 19);
  for (const char* rest : {"", "Z", ".5", ".123456Z"}) {
    json["timestamp"] = seconds + rest;
    lab::write_file(file(), json.dump());
    EXPECT_EQ(read().health, product::ProxyHealth::kHealthy) << rest;
  }
}

TEST_F(ProxyHealthIsRead, A_time_of_another_form_is_not_read) {
  auto json = good();
  const std::string written = json["timestamp"].get<std::string>();
  for (const std::size_t place : {4U, 7U, 10U, 13U, 16U}) {
    json["timestamp"] = written;
    json["timestamp"].get_ref<std::string&>()[place] = ' ';
    lab::write_file(file(), json.dump());
    EXPECT_EQ(read().health, product::ProxyHealth::kUnknown) << json["timestamp"];
  }
  for (const std::string& text : {written.substr(0, 18), written.substr(0, 17) + "60.000"}) {
    json["timestamp"] = text;
    lab::write_file(file(), json.dump());
    EXPECT_EQ(read().health, product::ProxyHealth::kUnknown) << text;
  }
}

TEST_F(ProxyHealthIsRead, Stopped_down_and_disabled_are_told_apart) {
  behind([](machine::Machine& m) {
    m.services().stop("GuestProxyAgent");
    m.system().wait_ms(1'000);
  });
  EXPECT_EQ(read().health, product::ProxyHealth::kStopped);
  must(commands::Command::kDisable);
  EXPECT_EQ(read().health, product::ProxyHealth::kDown) << "the drivers do not say any more";
  behind([](machine::Machine& m) {
    const std::string boot = m.system().boot_id();
    EXPECT_EQ(product::read_proxy(m, 0, boot).health, product::ProxyHealth::kStopped);
    EXPECT_EQ(product::read_proxy(m, 0, "another").health, product::ProxyHealth::kDown);
  });
  behind([](machine::Machine& m) {
    auto config = *m.services().config("GuestProxyAgent");
    config.start = machine::StartType::kDisabled;
    m.services().change("GuestProxyAgent", config);
  });
  EXPECT_EQ(read().health, product::ProxyHealth::kDisabled);
}

TEST_F(ProxyHealthIsRead, Before_is_what_the_record_says_and_unknown_where_it_does_not) {
  behind([](machine::Machine& m) {
    EXPECT_EQ(product::proxy_before(m, {}).health, product::ProxyHealth::kHealthy)
        << "as it is found";
    product::InstallationState installation;
    actions::services::StopService::Before record;
    record.state = machine::ServiceState::kRunning;
    record.process_id = 77;
    record.boot_id = "another";
    record.health = "unhealthy";
    installation.disabled = {{"guestproxyagent", actions::write_image(record)}};
    EXPECT_EQ(product::proxy_before(m, installation).health, product::ProxyHealth::kUnhealthy);
    record.health.reset();
    installation.disabled = {{"GuestProxyAgent", actions::write_image(record)}};
    EXPECT_EQ(product::proxy_before(m, installation).health, product::ProxyHealth::kUnknown)
        << "of an older program";
    EXPECT_THAT(product::proxy_before(m, installation).processes,
                testing::Not(testing::Contains(77U)))
        << "process ids of another boot say nothing";
    installation.disabled = {{"GuestProxyAgent", {{"state", "running"}, {"health", "unhealthy"}}}};
    EXPECT_EQ(product::proxy_before(m, installation).health, product::ProxyHealth::kUnknown)
        << "damaged";
  });
}

TEST_F(ProxyHealthIsRead, The_time_is_bounded_and_a_process_that_was_there_before_ends_the_wait) {
  behind([&](machine::Machine& m) {
    const product::ProxyBefore other{product::ProxyHealth::kHealthy, {}};
    std::int64_t now = m.system().monotonic_ms();
    // It never writes after this moment.
    const std::int64_t later = m.system().utc_ms() + 10'000'000;
    EXPECT_EQ(product::await_proxy(m, other, {now + 1'000'000}, later).after,
              product::ProxyAfter::kUnknown);
    EXPECT_GE(m.system().monotonic_ms() - now, product::kProxyPatienceMs);
    EXPECT_LT(m.system().monotonic_ms() - now, product::kProxyPatienceMs + 1'000);
    now = m.system().monotonic_ms();
    EXPECT_EQ(product::await_proxy(m, other, {now + 20'000}, later).after,
              product::ProxyAfter::kUnknown);
    EXPECT_GE(m.system().monotonic_ms() - now, 20'000);
    EXPECT_LT(m.system().monotonic_ms() - now, 21'000);
    now = m.system().monotonic_ms();
    const product::ProxyBefore same{product::ProxyHealth::kHealthy,
                                    {m.services().status("GuestProxyAgent")->process_id}};
    EXPECT_EQ(product::await_proxy(m, same, {now + 20'000}, 0).after,
              product::ProxyAfter::kSameProcess);
    EXPECT_LT(m.system().monotonic_ms() - now, 1'000) << "at once";
    const product::ProxyBefore silent{product::ProxyHealth::kUnknown, {}};
    EXPECT_EQ(product::await_proxy(m, silent, {now + 100'000}, later).after,
              product::ProxyAfter::kUnknown);
    EXPECT_LE(m.system().monotonic_ms() - now, 10'000) << "it never wrote a file before either";
  });
}

}  // namespace
}  // namespace engine
