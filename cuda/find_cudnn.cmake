# cuDNN 9.8 or newer in the toolkit, in $CUDNN_ROOT, or in a Python wheel's folder (.../nvidia/cudnn). Sets MDDNET_CUDNN_INCLUDE and
# MDDNET_CUDNN_LIBRARY, or leaves MDDNET_CUDNN_LIBRARY false.
set(places ${CUDNN_ROOT} $ENV{CUDNN_ROOT} ${CUDAToolkit_INCLUDE_DIRS}/.. /usr/local)
execute_process(COMMAND python3 -c "import nvidia; print(';'.join(nvidia.__path__))"
                OUTPUT_VARIABLE wheels OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
list(TRANSFORM wheels APPEND /cudnn)
find_path(MDDNET_CUDNN_INCLUDE cudnn_graph.h HINTS ${places} ${wheels} PATH_SUFFIXES include)
# A wheel has only the versioned name.
find_library(MDDNET_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 HINTS ${places} ${wheels} PATH_SUFFIXES lib lib64)
if(MDDNET_CUDNN_INCLUDE AND MDDNET_CUDNN_LIBRARY)
  file(STRINGS ${MDDNET_CUDNN_INCLUDE}/cudnn_version.h version_lines REGEX "define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  string(REGEX REPLACE "[^0-9;]" "" version_numbers "${version_lines}")
  string(REPLACE ";" "." MDDNET_CUDNN_VERSION "${version_numbers}")
else()
  set(MDDNET_CUDNN_VERSION 0)
endif()
if(MDDNET_CUDNN_VERSION VERSION_LESS 9.8)
  set(MDDNET_CUDNN_LIBRARY FALSE)
endif()
