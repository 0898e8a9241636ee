# libmddnet.so and libmddnet.a, made of the boxes that the program is made of: nothing is compiled a second time. And how
# program, libraries and headers are installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(exports ${CMAKE_SOURCE_DIR}/src/api/exports.map)
add_library(mddnet_shared SHARED $<TARGET_OBJECTS:mddnet_api>)
target_link_libraries(mddnet_shared PRIVATE mddnet_device mddnet_inference)
target_link_options(mddnet_shared PRIVATE -Wl,--version-script=${exports} -Wl,--no-undefined -Wl,--as-needed)
# While the major number is 0, a new minor number may change the interface.
set(MDDNET_SOVERSION ${PROJECT_VERSION_MAJOR})
if(MDDNET_SOVERSION EQUAL 0)
  string(APPEND MDDNET_SOVERSION .${PROJECT_VERSION_MINOR})
endif()
set_target_properties(mddnet_shared PROPERTIES OUTPUT_NAME mddnet VERSION ${PROJECT_VERSION} SOVERSION ${MDDNET_SOVERSION}
                                               LINK_DEPENDS ${exports} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# One object of all that the interface needs, its own names made local: whoever links it may use the same names, or
# another stb_image, and sees mddnet_* alone.
set(archives "")
foreach(box device inference model nn autograd data eval report weights cpu core)
  list(APPEND archives $<TARGET_FILE:mddnet_${box}>)
endforeach()
# What the archive leaves to be linked: pkg-config and CMake say so to whoever uses it.
set(MDDNET_STATIC_LIBRARIES -ldnnl -lzip -lgomp -lstdc++ -lm -lpthread)
if(MDDNET_WITH_CUDA)
  list(APPEND archives $<TARGET_FILE:mddnet_cuda> $<TARGET_FILE:mddnet_dnn> $<TARGET_FILE:mddnet_blas>)
  list(APPEND MDDNET_STATIC_LIBRARIES -L${MDDNET_CUDA_LIBRARY_FOLDER} -lcudart_static -lcublasLt ${MDDNET_CUDNN_LIBRARY} -lrt -ldl)
else()
  list(APPEND archives $<TARGET_FILE:mddnet_no_cuda>)
endif()
set(archive ${CMAKE_BINARY_DIR}/libmddnet.a)
set(object ${CMAKE_CURRENT_BINARY_DIR}/mddnet_all.o)
add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${object} --whole-archive $<TARGET_FILE:mddnet_api>
          --no-whole-archive --start-group ${archives} --end-group
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=mddnet_* ${object}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND ${CMAKE_AR} qcs ${archive} ${object}
  COMMAND ${CMAKE_COMMAND} -E rm ${object}
  DEPENDS mddnet_api ${archives}
  VERBATIM)
add_custom_target(mddnet_static ALL DEPENDS ${archive})

# Places within the prefix alone go into the files, so that `cmake --install --prefix` and DESTDIR may choose it later.
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/mddnet)
file(RELATIVE_PATH MDDNET_PREFIX_FROM_PKGCONFIG /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
list(JOIN MDDNET_STATIC_LIBRARIES " " MDDNET_STATIC_LIBRARIES_TEXT)
configure_package_config_file(src/api/mddnet-config.cmake.in mddnet-config.cmake INSTALL_DESTINATION ${package_folder}
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(mddnet-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(src/api/mddnet.pc.in mddnet.pc @ONLY)
configure_file(src/api/mddnet-static.pc.in mddnet-static.pc @ONLY)

# A cuDNN found outside the system's folders stays found.
set_target_properties(mddnet mddnet_shared PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS mddnet mddnet_shared)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES src/api/mddnet.h src/api/mddnet.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/mddnet-config.cmake ${CMAKE_BINARY_DIR}/mddnet-config-version.cmake
        DESTINATION ${package_folder})
install(FILES ${CMAKE_BINARY_DIR}/mddnet.pc ${CMAKE_BINARY_DIR}/mddnet-static.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
