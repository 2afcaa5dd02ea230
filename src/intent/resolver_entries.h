// What the resolver keeps of its signals: the entries of its tables. Private to intent.
//
// fields(): what a snapshot holds of an entry besides its intent. The rest (its keys, and where the
// indexes look for it) follows from the intent and is made again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/event_time.h"
#include "base/platform.h"
#include "intent/link_memory.h"
#include "intent/own_intent.h"
#include "intent/snapshot_archive.h"

namespace hashcart::intent {

// When something was remembered: the platform's greatest time then, if it had one.
using Stamp = std::optional<base::EventTimeMs>;

struct Pending {
  OwnIntent opened;
  base::EventTimeMs deadline = 0;
  bool reminded = false;
  std::string order;
  base::Platform platform = base::Platform::kOther;
  std::uint32_t campaign = 0;
  std::uint64_t sequence = 0;
  std::string intent_key;
  std::vector<std::string> prompt_names;  // where prompts look for it

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.flag(self.reminded);
    archive.number(self.sequence);
    archive.list(self.prompt_names, kText);
  }
};

enum class ClosedAs : std::uint8_t { kConfirmed, kExpired, kRetracted, kEvicted };

struct Closed {
  ClosedAs as = ClosedAs::kExpired;
  base::EventTimeMs opened_at = 0;
  base::EventTimeMs deadline = 0;
  Stamp stamp;

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.choice(self.as, ClosedAs::kEvicted);
    archive.time(self.opened_at);
    archive.time(self.deadline);
    archive.optional(self.stamp, kTime);
  }
};

// A reply whose parent may still come.
struct Waiting {
  OwnIntent claim;
  StoredLinks own_links;
  std::string parent_id;
  std::string parent_key;
  std::string author_key;
  std::string order;
  std::vector<std::string> post_keys;
  base::Platform platform = base::Platform::kOther;
  base::EventTimeMs due = 0;
  std::uint64_t sequence = 0;

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    StoredLinks::fields(archive, self.own_links);
    archive.text(self.parent_id);
    archive.list(self.post_keys, kText);
    archive.time(self.due);
    archive.number(self.sequence);
  }
};

// Where pieces are counted. A count that was forgotten and begun anew has another `since`.
struct CountPlace {
  std::string key;  // empty: nowhere
  std::uint64_t since = 0;
  std::uint64_t pieces = 0;

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.text(self.key);
    archive.number(self.since);
    archive.number(self.pieces);
  }
};

// An intent a delete may still retract.
struct Remembered {
  OwnIntent last;
  Stamp stamp;
  std::uint64_t sequence = 0;
  bool is_claim = false;
  std::string author_key;
  std::vector<std::string> post_keys;
  std::string pending_key;  // while it is pending
  CountPlace counted;

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.optional(self.stamp, kTime);
    archive.number(self.sequence);
    archive.list(self.post_keys, kText);
    archive.text(self.pending_key);
    CountPlace::fields(archive, self.counted);
  }
};

// A place in line.
struct Queued {
  OwnIntent claim;
  std::uint64_t sequence = 0;
  std::string author_key;
  std::vector<std::string> post_keys;
  CountPlace counted;

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.number(self.sequence);
    archive.list(self.post_keys, kText);
    CountPlace::fields(archive, self.counted);
  }
};

// What an author has had of something.
struct Counted {
  Stamp stamp;
  std::uint64_t pieces = 0;
  std::uint64_t since = 0;  // when counting began: by the resolver's sequence

  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.optional(self.stamp, kTime);
    archive.number(self.pieces);
    archive.number(self.since);
  }
};

// How many pieces there are of something, if somebody counts them.
struct Stock {
  std::optional<std::uint64_t> pieces;
  std::uint64_t taken = 0;  // may be more than there are, since another catalogue has fewer

  [[nodiscard]] bool is_counted() const noexcept { return pieces.has_value(); }
  [[nodiscard]] std::uint64_t left() const noexcept {
    return *pieces - (taken < *pieces ? taken : *pieces);
  }
  void give_back(std::uint64_t count) noexcept { taken -= count < taken ? count : taken; }
};

}  // namespace hashcart::intent
