// FullMedium: what is done where a disk or a quota is full.
//
// Nothing is lost by waiting: what was written in part is taken back first, so that space that is
// made by somebody, or by whoever consumes the output, is all it takes to go on. That holds of
// writing alone. An fsync that fails is never tried again, whatever it says: the kernel may have
// dropped what was not written.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace hashcart::state {

class FullMedium {
 public:
  FullMedium() = default;
  FullMedium(const FullMedium&) = delete;
  FullMedium& operator=(const FullMedium&) = delete;
  virtual ~FullMedium() = default;

  // Waits a moment. what: "path: what failed: No space left on device". False: give up.
  [[nodiscard]] virtual bool wait(const std::string& what) = 0;
  // What was waited for could be written.
  virtual void is_over() = 0;
};

[[nodiscard]] inline bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

// Writes until it succeeds or fails otherwise. attempt(): null, or what failed, with errno set;
// then nothing of it stands anywhere. describe(what): as wait() wants it, from errno. Returns what
// the last attempt did. medium may be null: there is one attempt.
template <typename Attempt, typename Describe>
[[nodiscard]] const char* write_with_patience(FullMedium* medium, Attempt attempt,
                                              Describe describe) {
  for (bool has_waited = false;; has_waited = true) {
    const char* const what = attempt();
    if (what == nullptr) {
      if (has_waited) medium->is_over();
      return nullptr;
    }
    const int error = errno;
    if (medium == nullptr || !is_full(error) || !medium->wait(describe(what))) {
      errno = error;
      return what;
    }
  }
}

}  // namespace hashcart::state
