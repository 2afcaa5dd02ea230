#include "app/gen.h"
namespace hashcart::app {
void run_gen(const GenOptions&, const std::function<bool(std::string_view)>&) {}
}
