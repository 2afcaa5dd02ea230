// Runs the catalogue fuzz target over files, each as it is, cut short at many places, and with
// bytes changed at places a fixed generator picks, so that every compiler and sanitizer sees more
// than sound files.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& text) {
  const std::basic_string<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

void run_variants(const std::string& text) {
  constexpr int kVariants = 12;
  constexpr char kSpice[] = "\"'[]{}=#.\n\\ a0-:\x1B\xE3";
  std::mt19937 random(1);
  run(text);
  if (text.empty() || text.size() > 8192)
    return;  // variants of a large file cost more than they find
  for (int i = 0; i < kVariants; ++i) {
    run(text.substr(0, random() % text.size()));
    std::string changed = text;
    for (int k = 0; k < 3; ++k)
      changed[random() % text.size()] = kSpice[random() % (sizeof kSpice - 1)];
    run(changed);
  }
}

}  // namespace

int main(int count, char** arguments) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      run_variants({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
