// The same in C++ (see consumer.c), through the wrapper.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <mddnet.hpp>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[2], std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() < 18) return 2;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  try {
    mddnet::Model model(argv[1]);
    const mddnet::Results results =
        model.predict(mddnet::image(data + 18, data[12] + 256 * data[13], data[14] + 256 * data[15], MDDNET_BGR8));
    const mddnet::Result result = results[0];
    std::printf("%.6f %d %s %d", static_cast<double>(result.score), result.verdict, result.class_name,
                static_cast<int>(result.regions));
    for (const mddnet::Region& region : result.found) {
      std::printf(" %dx%d+%d+%d", static_cast<int>(region.width), static_cast<int>(region.height),
                  static_cast<int>(region.x), static_cast<int>(region.y));
    }
    std::printf("\n");
    return 0;
  } catch (const mddnet::Error& error) {
    std::fprintf(stderr, "%d: %s\n", error.code(), error.what());
    return 1;
  }
}
