// The program: checks the CPU before anything compiled for a newer one runs, then the command line.
#include <cpuid.h>

#include <cstdio>

namespace hashcart::app {

int run_command_line(int argc, char** argv);

namespace {

// This file is compiled for any x86-64; the rest needs AVX2 and carry-less multiplication
// (simdjson's haswell kernel, Hyperscan's AVX2 code).
bool cpu_suffices() {
  __builtin_cpu_init();
  bool good = true;
  const auto need = [&](bool has, const char* name) {
    if (has) return;
    std::fprintf(stderr, "hashcart: this CPU lacks %s\n", name);
    good = false;
  };
  need(__builtin_cpu_supports("avx2") != 0, "AVX2");
  need(__builtin_cpu_supports("bmi") != 0, "BMI1");
  need(__builtin_cpu_supports("bmi2") != 0, "BMI2");
  need(__builtin_cpu_supports("pclmul") != 0, "PCLMULQDQ");
  need(__builtin_cpu_supports("popcnt") != 0, "POPCNT");
  if (!good) {
    std::fputs(
        "hashcart: build it for this machine: cmake --preset release "
        "-DCMAKE_CXX_FLAGS_RELEASE='-O3 -DNDEBUG -march=native'\n",
        stderr);
  }
  return good;
}

}  // namespace
}  // namespace hashcart::app

int main(int argc, char** argv) {
  if (!hashcart::app::cpu_suffices()) return 78;
  return hashcart::app::run_command_line(argc, argv);
}
