// Runs the framer's fuzz target over files and over bytes of a fixed generator, under all framings.
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

void run(std::mt19937* random, const std::string& text) {
  for (unsigned framing = 0; framing < 4; ++framing) {
    std::string input;
    input.push_back(static_cast<char>(framing));
    input.push_back((*random)() % 2 == 0 ? '\0' : static_cast<char>((*random)()));
    input.push_back(static_cast<char>((*random)()));
    input.push_back(static_cast<char>((*random)()));
    input += text;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
}

}  // namespace

int main(int count, char** arguments) {
  constexpr std::size_t kFileBytesMax = 16U << 10U;
  constexpr std::string_view kSpice = "\n\n\n\r\"\"\\{{}}[],: \tdae\xEF\xBB\xBF\x1F\x8B\x28\xB5";
  std::mt19937 random(1);
  int files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      text.resize(std::min(text.size(), kFileBytesMax));
      run(&random, text);
      for (int k = 0; k < 20 && !text.empty(); ++k) {
        text[random() % text.size()] = kSpice[random() % kSpice.size()];
      }
      run(&random, text);
      ++files;
    }
  }
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::size_t size = random() % 200;
    while (text.size() < size) text.push_back(kSpice[random() % kSpice.size()]);
    run(&random, text);
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
