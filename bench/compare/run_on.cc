// Runs a command on some CPUs and says what it cost.
//
//   run_on CPU[,CPU...] COMMAND [ARGUMENT...]
//
// The last line on stderr: seconds from fork to exit, seconds of CPU, peak resident bytes of the
// largest process. A program of its own because a child is charged with the memory of the process
// that forked it.
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (char* at = argv[1]; *at != '\0';) {
    CPU_SET(std::strtoul(at, &at, 10), &cpus);
    if (*at == ',') ++at;
  }
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) return 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) < 0) return 2;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  std::fprintf(stderr, "\n%.6f %.6f %ld\n", seconds,
               seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss * 1024);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
