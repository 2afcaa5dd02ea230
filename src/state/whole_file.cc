#include "state/whole_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>

#include "state/files.h"

namespace hashcart::state {

std::string replace_file(int dir, const std::string& path, const std::string& name,
                         std::initializer_list<std::string_view> parts, FullMedium* medium) {
  const std::string temporary = name.substr(0, name.find('.')) + ".tmp";
  const auto describe = [&](std::string_view what) { return error_text(path + "/" + name, what); };
  Descriptor file;
  const auto write = [&]() -> const char* {
    file = open_at(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (!file.is_open()) return "cannot be written";
    for (const std::string_view part : parts) {
      if (write_all(file.get(), part)) continue;
      const int error = errno;
      // Whoever waits for space must not hold any.
      ::unlinkat(dir, temporary.c_str(), 0);
      errno = error;
      return "writing failed";
    }
    return nullptr;
  };
  const auto rename = [&]() -> const char* {
    return ::renameat(dir, temporary.c_str(), dir, name.c_str()) == 0 ? nullptr : "renaming failed";
  };
  if (const char* what = write_with_patience(medium, write, describe)) return describe(what);
  if (!sync_all(file.get())) return describe("syncing failed");
  // A directory may have to grow for a name.
  if (const char* what = write_with_patience(medium, rename, describe)) return describe(what);
  if (!sync_all(dir)) return describe("syncing failed");
  return {};
}

bool read_file(int dir, const std::string& name, std::uint64_t bytes_max, std::string* out) {
  const Descriptor file = open_at(dir, name, O_RDONLY | O_NOFOLLOW);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return false;
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) {
    errno = EFBIG;
    return false;
  }
  out->clear();
  // One byte more, so that a file that grows meanwhile is not taken for whole.
  return read_at(file.get(), 0, static_cast<std::size_t>(status.st_size) + 1, out);
}

std::vector<std::uint64_t> numbers_of(int dir, std::string_view before, std::string_view behind) {
  std::vector<std::uint64_t> out;
  // A descriptor of its own, for the place in a directory belongs to one.
  const int own = ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return out;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own), &::closedir);
  if (listing == nullptr) {
    ::close(own);
    return out;
  }
  while (const dirent* const entry = ::readdir(listing.get())) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(before) || !name.ends_with(behind)) continue;
    name.remove_prefix(before.size());
    name.remove_suffix(std::min(name.size(), behind.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hashcart::state
