#include "app/lookup_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/setup_error.h"

namespace hashcart::app {
namespace {

class TextFile {
 public:
  explicit TextFile(const std::string& text) : path_(testing::TempDir() + "hashcart_XXXXXX") {
    close(mkstemp(path_.data()));
    std::ofstream(path_) << text;
  }
  ~TextFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(FileAccounts, FindsByPlatformFirstThenByIdAlone) {
  const TextFile file("# who\nx:1\tcustomer a\n1 customer-b\r\n\ndid:plc:z  c\n");
  const FileAccounts accounts(file.path());
  EXPECT_EQ(accounts.find(base::Platform::kX, "1"), "customer a");
  EXPECT_EQ(accounts.find(base::Platform::kMastodon, "1"), "customer-b");
  EXPECT_EQ(accounts.find(base::Platform::kBluesky, "did:plc:z"), "c");
  EXPECT_FALSE(accounts.find(base::Platform::kX, "2").has_value());
}

TEST(FileAccounts, RefusesWhatItCannotReadWithFileAndLine) {
  const TextFile twice("1 a\n1 b\n");
  const TextFile alone("1 a\n2\n");
  for (const auto& [path, where] :
       {std::pair(twice.path(), ":2:"), std::pair(alone.path(), ":2:")}) {
    try {
      const FileAccounts accounts(path);
      ADD_FAILURE() << "accepted";
    } catch (const base::SetupError& error) {
      EXPECT_NE(std::string(error.what()).find(where), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(FileAccounts("/no/such/file"), base::SetupError);
}

TEST(FileExpansions, LooksUpAsShortenersRead) {
  const TextFile file("https://AMZN.to/3xYz\thttps://www.amazon.com/dp/B00EXAMPL1\n");
  const FileExpansions links(file.path());
  const std::string_view target = "https://www.amazon.com/dp/B00EXAMPL1";
  EXPECT_EQ(links.expand("http://amzn.to/3xYz"), target);
  EXPECT_EQ(links.expand("https://Amzn.To/3xYz/?utm=1#x"), target);
  EXPECT_EQ(links.expand("https://amzn.to/3xyz"), "");  // the path's case counts
}

}  // namespace
}  // namespace hashcart::app
