# The kernel lab on a GPU: every page's versions checked, then timed. Included by cuda/CMakeLists.txt, where the toolkit is
# known; built by `make lab` and `make lab-device` only.
file(GLOB lab_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/lab/*/page.cu)
set(lab_support ${CMAKE_SOURCE_DIR}/bench/lab/support)
add_executable(lab_timed EXCLUDE_FROM_ALL ${lab_pages} ${lab_support}/main.cpp ${lab_support}/device_array.cpp
                                          ${lab_support}/measure.cpp ${lab_support}/measure_by_timing.cpp
                                          ${lab_support}/cuda_library.cpp ${CMAKE_SOURCE_DIR}/cuda/blas/matrix_products.cpp)
target_link_libraries(lab_timed PRIVATE mddnet_reference mddnet_dnn)
target_compile_options(lab_timed PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo;-Werror=all-warnings>)
set_target_properties(lab_timed PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} UNITY_BUILD OFF)

# The worked example of cuda/extending.md, for a device.
add_library(tour_device OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/tour/squared_distance.cu)
target_link_libraries(tour_device PRIVATE mddnet_reference mddnet_cuda_libraries)
target_compile_options(tour_device PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Werror=all-warnings>)
