#include "base/event_time.h"

#include <array>
#include <cstdio>

namespace hashcart::base {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kMsPerMinute = 60 * kMsPerSecond;
constexpr std::int64_t kMsPerHour = 60 * kMsPerMinute;
constexpr std::int64_t kMsPerDay = 24 * kMsPerHour;

struct Civil {
  int year = 0;
  int month = 0;
  int day = 0;
};

// Days since 1970-01-01 of a proleptic Gregorian date, by counting in 400-year eras that start on 1
// March, so that the leap day is the last day of a year.
constexpr std::int64_t days_from_civil(Civil date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr Civil civil_from_days(std::int64_t days) noexcept {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<int>(year), static_cast<int>(month), static_cast<int>(day)};
}

constexpr int days_in_month(int year, int month) noexcept {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// A cursor over the written form: each step fails for good once one has failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] int number(std::size_t digits) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (text_[at_++] - '0');
    }
    return value;
  }

  void expect(char wanted) noexcept {
    if (!take(wanted)) ok_ = false;
  }

  bool take(char wanted) noexcept {
    if (at_ < text_.size() && text_[at_] == wanted) {
      ++at_;
      return true;
    }
    return false;
  }

  // A fraction of any length after a dot, cut to milliseconds.
  [[nodiscard]] int fraction_ms() noexcept {
    int value = 0;
    int digits = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (digits < 3) value = value * 10 + (text_[at_] - '0');
      ++digits;
      ++at_;
    }
    if (digits == 0) ok_ = false;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }

  // `+hh:mm` or `+hhmm`, as milliseconds east of UTC.
  [[nodiscard]] std::int64_t offset_ms() noexcept {
    const bool east = take('+');
    if (!east) expect('-');
    const int hours = number(2);
    take(':');
    const int minutes = number(2);
    if (hours > 23 || minutes > 59) ok_ = false;
    const std::int64_t value = hours * kMsPerHour + minutes * kMsPerMinute;
    return east ? value : -value;
  }

  // One of the three-letter names, as its index.
  template <std::size_t N>
  [[nodiscard]] int name(const std::array<std::string_view, N>& names) noexcept {
    for (std::size_t i = 0; i < N; ++i) {
      if (text_.substr(at_ < text_.size() ? at_ : text_.size(), 3) == names[i]) {
        at_ += 3;
        return static_cast<int>(i);
      }
    }
    ok_ = false;
    return 0;
  }

  [[nodiscard]] bool at_end() const noexcept { return ok_ && at_ == text_.size(); }
  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int ms = 0;
};

std::optional<EventTimeMs> to_event_time(Civil date, Clock clock, std::int64_t offset_ms) noexcept {
  if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month)) {
    return std::nullopt;
  }
  // Second 60 is a leap second; it counts as the first of the next minute, as POSIX time has no
  // place for it.
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 60) return std::nullopt;
  return days_from_civil(date) * kMsPerDay + clock.hour * kMsPerHour + clock.minute * kMsPerMinute +
         clock.second * kMsPerSecond + clock.ms - offset_ms;
}

}  // namespace

std::optional<EventTimeMs> parse_rfc3339(std::string_view text) noexcept {
  Scanner in(text);
  Civil date;
  Clock clock;
  date.year = in.number(4);
  in.expect('-');
  date.month = in.number(2);
  in.expect('-');
  date.day = in.number(2);
  if (!in.take('T') && !in.take('t')) in.expect(' ');
  clock.hour = in.number(2);
  in.expect(':');
  clock.minute = in.number(2);
  in.expect(':');
  clock.second = in.number(2);
  if (in.ok() && in.take('.')) clock.ms = in.fraction_ms();
  const std::int64_t offset_ms = in.take('Z') || in.take('z') ? 0 : in.offset_ms();
  if (!in.at_end()) return std::nullopt;
  return to_event_time(date, clock, offset_ms);
}

std::optional<EventTimeMs> parse_ctime_offset(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu",
                                                            "Fri", "Sat", "Sun"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Scanner in(text);
  Civil date;
  Clock clock;
  static_cast<void>(in.name(kDays));
  in.expect(' ');
  date.month = in.name(kMonths) + 1;
  in.expect(' ');
  date.day = in.number(2);
  in.expect(' ');
  clock.hour = in.number(2);
  in.expect(':');
  clock.minute = in.number(2);
  in.expect(':');
  clock.second = in.number(2);
  in.expect(' ');
  const std::int64_t offset_ms = in.offset_ms();
  in.expect(' ');
  date.year = in.number(4);
  if (!in.at_end()) return std::nullopt;
  return to_event_time(date, clock, offset_ms);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) noexcept {
  std::size_t at = 0;
  std::int64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at] - '0');
    if (value > 1'000'000'000'000) return std::nullopt;
    ++at;
  }
  if (at == 0) return std::nullopt;
  const std::string_view unit = text.substr(at);
  if (unit == "ms") return value;
  if (unit == "s") return value * kMsPerSecond;
  if (unit == "m") return value * kMsPerMinute;
  if (unit == "h") return value * kMsPerHour;
  if (unit == "d") return value * kMsPerDay;
  return std::nullopt;
}

std::string format_rfc3339(EventTimeMs time) {
  std::int64_t days = time / kMsPerDay;
  std::int64_t rest = time % kMsPerDay;
  if (rest < 0) {
    rest += kMsPerDay;
    --days;
  }
  const Civil date = civil_from_days(days);
  const auto hour = static_cast<int>(rest / kMsPerHour);
  const auto minute = static_cast<int>(rest / kMsPerMinute % 60);
  const auto second = static_cast<int>(rest / kMsPerSecond % 60);
  const auto ms = static_cast<int>(rest % 1000);
  if (date.year < 0 || date.year > 9999) {  // no time that was parsed
    std::array<char, 40> buffer{};
    const int size =
        std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      date.year, date.month, date.day, hour, minute, second, ms);
    return {buffer.data(), static_cast<std::size_t>(size)};
  }
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&out](std::size_t last, int number) {
    for (; number > 0; number /= 10) out[last--] = static_cast<char>('0' + number % 10);
  };
  put(3, date.year);
  put(6, date.month);
  put(9, date.day);
  put(12, hour);
  put(15, minute);
  put(18, second);
  put(22, ms);
  return out;
}

std::optional<EventTimeMs> x_snowflake_time(std::string_view id) noexcept {
  constexpr std::int64_t kTwitterEpochMs = 1288834974657;
  // ids went from sequence numbers to snowflakes here
  constexpr std::uint64_t kFirstSnowflake = 29'700'000'000;
  if (id.empty() || id.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : id) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value < kFirstSnowflake) return std::nullopt;
  return static_cast<std::int64_t>(value >> 22U) + kTwitterEpochMs;
}

}  // namespace hashcart::base
