// Runs a fuzz target over the lines of files, each as it is, cut, and with bytes changed at places
// a fixed generator picks: what libFuzzer does under HASHCART_FUZZ, in small, with any compiler.
//
//   replay_lines selector|plain FOLDER...
//
// selector: the target's first byte chooses (a platform); every line runs under a rising one.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kLineBytesMax = 8192;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kVariants = 2;
#else
constexpr int kVariants = 8;
#endif
constexpr std::string_view kSpice =
    "#\"\\/{}[]:,.@%&?=\n\t 0aZ_-\xEF\xBC\x83\xE3\x82\xA2\xCC\x81\xE2\x80\x8D\xF0\x9F\xFF";

class Runner {
 public:
  explicit Runner(bool has_selector) : has_selector_(has_selector) {}

  void run_line(std::string line) {
    if (line.size() > kLineBytesMax) line.resize(kLineBytesMax);
    run(line);
    if (line.empty()) return;
    for (int i = 0; i < kVariants; ++i) {
      std::string changed = line.substr(0, 1 + random_() % line.size());
      for (std::size_t k = random_() % 4; k > 0; --k) {
        changed[random_() % changed.size()] = kSpice[random_() % kSpice.size()];
      }
      run(changed);
    }
  }

  [[nodiscard]] int count() const { return count_; }

 private:
  void run(const std::string& text) {
    std::string input = text;
    if (has_selector_) input.insert(input.begin(), static_cast<char>(count_ % 13));
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++count_;
  }

  bool has_selector_;
  std::mt19937 random_{1};
  int count_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  Runner runner(std::string_view(arguments[1]) == "selector");
  for (int i = 2; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::string line;
      while (std::getline(file, line)) runner.run_line(line);
    }
  }
  std::printf("%d inputs\n", runner.count());
  return runner.count() > 100 ? 0 : 1;
}
